/** An aggregator in a process of its own that may kill itself: started by test/chaos with an IPC channel. */
import { createServer, openStore, type Store } from "../../server/index.ts";
import { openRun } from "../../shared/run.ts";
import type { RunTerms, TermsInput } from "../../shared/terms.ts";
import { countingRun } from "./counting-run.ts";
import { type KillPoint, killingStore } from "./killing-store.ts";

/** What the process is told. */
export interface DoomedOrder {
  /** The store: a file, or a URL. */
  readonly path: string;
  readonly size: number;
  readonly devices: number;
  readonly rounds: number;
  readonly point: KillPoint | undefined;
  readonly nth: number;
  /** Terms beside those of the counting run. */
  readonly terms?: Partial<TermsInput>;
  /** Terms of a run that is served instead of the counting one. */
  readonly planned?: RunTerms;
  /** Where items come and go: those known at the start, and those that every process orders anew. */
  readonly items?: readonly string[];
  readonly ordered?: readonly string[];
  /** A port to come back to; by default a free one. */
  readonly port?: number;
}

/** What it tells. */
export type DoomedReport =
  | { readonly kind: "listening"; readonly url: string }
  | { readonly kind: "failed"; readonly message: string }
  /** A sum was released, durably; with the next row of the noise, where rounds' noise hangs together. */
  | { readonly kind: "released"; readonly round: number; readonly nextRow: number | undefined };

process.once("message", (order: DoomedOrder) => void start(order));
process.on("disconnect", () => process.exit(0));

async function start(order: DoomedOrder): Promise<void> {
  const { size, devices, rounds } = order;
  const counting = {
    rounds,
    cohort: { size: devices, min: devices },
    deadline: { stageMs: 60_000, graceMs: 60_000 },
    ...order.terms,
  };
  const run = order.planned === undefined ? countingRun(size, counting) : await openRun(order.planned);
  const store = killingStore(telling(await openStore(order.path)), order.point, order.nth, run.protection.stages.length);
  const server = await createServer({ run, store, gatherMs: 10, ...(order.items === undefined ? {} : { items: order.items }) });
  if (order.ordered !== undefined) await server.addItems(order.ordered);
  server.on("failed", ({ error }) => report({ kind: "failed", message: String(error) }));
  report({ kind: "listening", url: (await server.listen({ port: order.port ?? 0 })).url });
}

/** The store, which from now on tells of every release once it is durable. */
function telling(store: Store): Store {
  const publish = store.publish.bind(store);
  store.publish = async (driver, publication, record, entry) => {
    await publish(driver, publication, record, entry);
    const { round, noise } = publication;
    const nextRow = noise === undefined ? undefined : new DataView(noise.buffer, noise.byteOffset).getUint32(16, true);
    if (record !== undefined) report({ kind: "released", round, nextRow });
  };
  return store;
}

function report(message: DoomedReport): void {
  process.send?.(message);
}
