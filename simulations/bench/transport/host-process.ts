/** A process of devices of a transport benchmark: real clients over real sockets. Started by fleet.ts with an IPC channel; imports the client SDK. */
import { createClient, memoryStore, socketConnector } from "../../../client/index.ts";
import { openSession, type Session } from "../../../client/session.ts";
import { Vault } from "../../../client/vault.ts";
import { platformClock } from "../../../shared/clock.ts";
import { nodePrimitives } from "../../../shared/crypto/primitives.node.ts";
import { isCofactorError } from "../../../shared/errors.ts";
import { createRng, secureRng } from "../../../shared/random.ts";
import { Gates } from "./gates.ts";
import type { HostOrder, HostReport } from "./messages.ts";
import { watchLoop } from "./process-use.ts";

type ConnectOrder = Extract<HostOrder, { kind: "connect" }>;

/** Ratings of each device, where there are so many items. */
const mostRatings = 20;

const sessions: Session[] = [];
const loop = watchLoop();
const gates = new Gates({
  asked: (round, stage) => report({ kind: "asked", round, stage }),
  computed: (round, stage, devices, firstMs) => report({ kind: "computed", round, stage, devices, firstMs }),
  acknowledged: (round, stage, ms) => report({ kind: "acknowledged", round, stage, ms, loop: loop.read() }),
});

process.on("message", (order: HostOrder) => {
  handle(order).catch((error: unknown) => report({ kind: "failed", message: messageOf(error) }));
});
process.on("disconnect", () => process.exit(0));
// Ctrl-C reaches every process of the terminal: the one that started this one decides when it ends.
process.on("SIGINT", () => undefined);

async function handle(order: HostOrder): Promise<void> {
  if (order.kind === "connect") await connect(order);
  else if (order.kind === "admit") {
    gates.admit(order.round);
    report({ kind: "admitting", round: order.round });
  } else if (order.kind === "compute") await gates.compute(order.round, order.stage);
  else if (order.kind === "send") {
    loop.reset();
    gates.send(order.round, order.stage, order.firstMs, order.atMs);
  } else await pull();
}

async function connect(order: ConnectOrder): Promise<void> {
  let next = 0;
  const open = async (): Promise<void> => {
    while (next < order.count) {
      const device = order.first + next++;
      await (order.as === "session" ? openOnly(order) : takePart(order, device));
      report({ kind: "connected", devices: 1 });
    }
  };
  await Promise.all(Array.from({ length: order.atOnce }, open));
}

/** The client as apps have it; settles when it has joined. */
function takePart(order: ConnectOrder, device: number): Promise<void> {
  const rng = createRng(1, "bench", device);
  const stride = Math.max(1, Math.floor(order.items / mostRatings));
  const length = Math.min(mostRatings, order.items);
  const connector = socketConnector(order.url, { timeoutMs: 60_000 });
  const client = createClient({
    connect: order.as === "gated" ? gates.connector(device, connector) : connector,
    run: order.run,
    ratings: Array.from({ length }, (_, place) => [place * stride + rng.below(stride), 1] as const),
    accept: { protections: order.protections },
    primitives: nodePrimitives,
  });
  client.on("failed", ({ error }) => report({ kind: "failed", message: messageOf(error) }));
  return new Promise((resolve, reject) => {
    client.on("joined", () => resolve());
    client.participate().catch((error: unknown) => {
      report({ kind: "failed", message: messageOf(error) });
      reject(error);
    });
  });
}

/** The client's session alone: hello, terms, join. */
async function openOnly(order: ConnectOrder): Promise<void> {
  const vault = new Vault(memoryStore(), order.run);
  const identity = await vault.identity(secureRng);
  const connector = socketConnector(order.url, { timeoutMs: 60_000 });
  sessions.push(
    await openSession({
      connect: connector,
      run: order.run,
      accept: { protections: order.protections },
      identity,
      vault,
      primitives: nodePrimitives,
      clock: platformClock,
    }),
  );
}

async function pull(): Promise<void> {
  let bytes = 0;
  const ms = await Promise.all(
    sessions.map(async (session) => {
      const startedMs = performance.now();
      const model = await session.pull(session.joined.model);
      bytes += model.length;
      return performance.now() - startedMs;
    }),
  );
  report({ kind: "pulled", ms, bytes });
}

function messageOf(error: unknown): string {
  if (isCofactorError(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : "unknown";
}

function report(message: HostReport): void {
  // Whoever would have read it may be gone: then this process ends, too.
  process.send?.(message, undefined, undefined, () => undefined);
}
