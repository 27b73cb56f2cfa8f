/** A worker thread with a shard of simulated devices: see shards.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { isCofactorError } from "../shared/errors.ts";
import { openRun } from "../shared/run.ts";
import { Shard } from "./shard.ts";
import type { WorkerOrder, WorkerReport, WorkerSetup } from "./shards.ts";

const setup = workerData as WorkerSetup;
const shard = new Shard(await openRun(setup.terms), setup.data, setup.seed);

parentPort!.on("message", (order: WorkerOrder) => {
  if (order.kind === "settle") shard.settle(order.isPublished);
  else void answer(order);
});

async function answer({ order, blocks }: Extract<WorkerOrder, { kind: "answer" }>): Promise<void> {
  try {
    for (const block of blocks) {
      const sum = await shard.answer(order, block);
      const transfer = [...new Set([sum.deviceMs, ...sum.parts.map(({ bytes }) => bytes)].map(({ buffer }) => buffer as ArrayBuffer))];
      parentPort!.postMessage({ sum } satisfies WorkerReport, transfer);
    }
  } catch (error) {
    // Both ends are this program: unlike a peer's, the message of an unexpected error may be told.
    const code = isCofactorError(error) ? error.code : "INTERNAL";
    const message = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ error: { code, message, retryable: false } } satisfies WorkerReport);
  }
}
