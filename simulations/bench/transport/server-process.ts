/** The aggregator's process of a transport benchmark, on a store on disk. Started by fleet.ts with an IPC channel; imports the server. */
import { createServer, type Server, sqliteStore } from "../../../server/index.ts";
import { cpuMs } from "../bench.ts";
import type { ServerOrder, ServerReport } from "./messages.ts";
import { type MemoryUse, memoryUse, peakRssBytes, resetPeak, watchLoop } from "./process-use.ts";

const plenty = 1_000_000;
/** All devices of the benchmark come from one address. */
const roomy = {
  maxSockets: plenty,
  maxConnections: plenty,
  maxConnectionsPerAddress: plenty,
  maxPendingJoins: plenty,
  connectsPerSecond: plenty,
  connectBurst: plenty,
  connectsPerSecondPerAddress: plenty,
  connectBurstPerAddress: plenty,
};

const loop = watchLoop();
let server: Server | undefined;
let before: MemoryUse = memoryUse(false);
let started = { cpu: 0, wall: 0 };

process.on("message", (order: ServerOrder) => {
  handle(order).catch((error: unknown) => report({ kind: "failed", message: String(error) }));
});
process.on("disconnect", () => {
  void (server?.close() ?? Promise.resolve()).finally(() => process.exit(0));
});
// Ctrl-C reaches every process of the terminal: the one that started this one decides when it ends.
process.on("SIGINT", () => undefined);

async function handle(order: ServerOrder): Promise<void> {
  if (order.kind === "start") return start(order);
  if (order.kind === "reset") {
    before = memoryUse(true);
    resetPeak();
    loop.reset();
    started = { cpu: cpuMs(), wall: performance.now() };
    report({ kind: "ready" });
    return;
  }
  // What a collection takes is no figure of the server's.
  const figures = {
    loop: loop.read(),
    peakRssBytes: peakRssBytes(),
    cpuMs: cpuMs() - started.cpu,
    wallMs: performance.now() - started.wall,
  };
  report({ kind: "measured", measured: { before, ...figures, after: memoryUse(true) } });
}

async function start({ terms, store, gatherMs, readsRounds }: Extract<ServerOrder, { kind: "start" }>): Promise<void> {
  server = await createServer({ run: terms, store: sqliteStore(store), gatherMs });
  server.on("began", (facts) => report({ kind: "began", ...facts }));
  server.on("round", ({ round, outcome, accepted, seconds, reason }) => {
    const memory = readsRounds ? { memory: memoryUse(true) } : {};
    report({ kind: "round", round, outcome, accepted, seconds, reason, ...memory });
  });
  server.on("failed", ({ error }) => report({ kind: "failed", message: String(error) }));
  server.on("internal", ({ error }) => report({ kind: "failed", message: String(error) }));
  const { url } = await server.listen(roomy);
  report({ kind: "listening", url });
}

function report(message: ServerReport): void {
  // Whoever would have read it may be gone: then this process ends, too.
  process.send?.(message, undefined, undefined, () => undefined);
}
