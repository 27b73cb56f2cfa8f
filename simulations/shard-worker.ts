/** A worker thread with a shard of simulated devices: see shards.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { isCofactorError } from "../shared/errors.ts";
import { openRun } from "../shared/run.ts";
import { type BlockCrowd, type BlockSum, Shard } from "./shard.ts";
import type { WorkerOrder, WorkerReport, WorkerSetup } from "./shards.ts";

const setup = workerData as WorkerSetup;
const shard = new Shard(await openRun(setup.terms), setup.data, setup.seed);

parentPort!.on("message", (order: WorkerOrder) => {
  if (order.kind === "settle") shard.settle(order.isPublished);
  else void carryOut(order);
});

async function carryOut({ kind, order, blocks }: Exclude<WorkerOrder, { kind: "settle" }>): Promise<void> {
  try {
    for (const block of blocks) {
      const report = kind === "answer" ? await shard.answer(order, block) : await shard.survey(order, block);
      parentPort!.postMessage({ report } satisfies WorkerReport, [...new Set(buffersOf(report))]);
    }
  } catch (error) {
    // Both ends are this program: unlike a peer's, the message of an unexpected error may be told.
    const code = isCofactorError(error) ? error.code : "INTERNAL";
    const message = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ error: { code, message, retryable: false } } satisfies WorkerReport);
  }
}

/** What is handed over and not copied. */
function buffersOf(report: BlockSum | BlockCrowd): ArrayBuffer[] {
  const arrays =
    "crowd" in report ? [report.crowd.sum, report.crowd.squares] : [report.deviceMs, ...report.parts.map(({ bytes }) => bytes)];
  return arrays.map(({ buffer }) => buffer as ArrayBuffer);
}
