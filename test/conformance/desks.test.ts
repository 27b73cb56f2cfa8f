/** Every desk against the one suite: the coordinator itself, and a gateway before one. */
import { createServer, memoryStore } from "../../server/index.ts";
import { createMemoryPair } from "../../shared/transport.ts";
import { startMemoryCluster } from "../support/memory-cluster.ts";
import { describeDesk } from "./desk.ts";

describeDesk("coordinator", async (run) => {
  const store = memoryStore();
  const server = await createServer({ run, store, gatherMs: 20 });
  const connect = async () => {
    const [near, far] = createMemoryPair();
    server.accept(far);
    return near;
  };
  return { connect, store, close: () => server.close() };
});

describeDesk("gateway", async (run) => {
  const cluster = await startMemoryCluster(run, { gateways: 2, coordinators: 1 });
  await cluster.ready();
  let next = 0;
  const connect = () => cluster.connectTo(next++ % 2)();
  return { connect, store: cluster.store, close: () => cluster.close() };
});
