/** Every transport against the suite of test/conformance/transport.ts. */
import { socketConnector } from "../../client/socket.ts";
import { listen } from "../../server/socket.ts";
import { type Channel, createMemoryPair } from "../../shared/transport.ts";
import { describeTransport } from "./transport.ts";

describeTransport("memory", async () => ({ ends: createMemoryPair(), stop: async () => undefined }));
describeTransport("memory with latency", async () => ({ ends: createMemoryPair({ latencyMs: 2 }), stop: async () => undefined }));
describeTransport("socket", async () => {
  let accept = (_channel: Channel): void => undefined;
  const accepted = new Promise<Channel>((resolve) => (accept = resolve));
  const onChannel = (channel: Channel, admit: () => void): void => {
    admit();
    accept(channel);
  };
  const listener = await listen({}, { pages: (_request, response) => response.end(), onChannel, onRefused: () => undefined });
  const near = await socketConnector(listener.url)();
  return { ends: [near, await accepted], stop: () => listener.close() };
});
