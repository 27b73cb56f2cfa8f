/** An aggregator in a process of its own that may kill itself: started by test/chaos with an IPC channel. */
import { createServer, sqliteStore } from "../../server/index.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { countingRun } from "./counting-run.ts";
import { type KillPoint, killingStore } from "./killing-store.ts";

/** What the process is told. */
export interface DoomedOrder {
  readonly path: string;
  readonly size: number;
  readonly devices: number;
  readonly rounds: number;
  readonly point: KillPoint | undefined;
  readonly nth: number;
  /** Terms beside those of the counting run. */
  readonly terms?: Partial<TermsInput>;
  /** A port to come back to; by default a free one. */
  readonly port?: number;
}

/** What it tells. */
export type DoomedReport = { readonly kind: "listening"; readonly url: string } | { readonly kind: "failed"; readonly message: string };

process.once("message", (order: DoomedOrder) => void start(order));
process.on("disconnect", () => process.exit(0));

async function start(order: DoomedOrder): Promise<void> {
  const { size, devices, rounds } = order;
  const run = countingRun(size, {
    rounds,
    cohort: { size: devices, min: devices },
    deadline: { stageMs: 60_000, graceMs: 60_000 },
    ...order.terms,
  });
  const store = killingStore(sqliteStore(order.path), order.point, order.nth, run.protection.stages.length);
  const server = await createServer({ run, store, gatherMs: 10 });
  server.on("failed", ({ error }) => report({ kind: "failed", message: String(error) }));
  report({ kind: "listening", url: (await server.listen({ port: order.port ?? 0 })).url });
}

function report(message: DoomedReport): void {
  process.send?.(message);
}
