/** One further connection that asks for the terms again and again: what everyone else's work costs a bystander. Imports client/socket. */
import { socketConnector } from "../../../client/socket.ts";
import { noBytes } from "../../../shared/transport.ts";
import { protocolVersion } from "../../../shared/wire/messages.ts";

/** Milliseconds between two requests. */
const everyMs = 50;

/** Asks until it is stopped. @returns stops it and gives the times to the answers, in milliseconds */
export async function startPinger(url: string, run: string): Promise<() => Promise<readonly number[]>> {
  const channel = await socketConnector(url)();
  const ms: number[] = [];
  let isStopped = false;
  const asking = (async () => {
    while (!isStopped && channel.isOpen) {
      const startedMs = performance.now();
      await channel.request("hello", { header: { protocol: protocolVersion, run }, payload: noBytes }, { timeoutMs: 60_000 });
      ms.push(performance.now() - startedMs);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  // The connection's end is no failure of what is measured.
  asking.catch(() => undefined);
  return async () => {
    isStopped = true;
    await asking.catch(() => undefined);
    channel.close();
    return ms;
  };
}
