/** A worker thread with a shard of simulated devices: see shards.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { isCofactorError } from "../shared/errors.ts";
import { defineRun } from "../shared/run.ts";
import { type BlockSum, Shard } from "./shard.ts";
import type { WorkerOrder, WorkerReport, WorkerSetup } from "./shards.ts";

const setup = workerData as WorkerSetup;
const shard = new Shard(defineRun(setup.terms), setup.training, setup.seed);

parentPort!.on("message", (order: WorkerOrder) => {
  if (order.kind === "settle") shard.settle(order.isPublished);
  else void contribute(order);
});

async function contribute(order: Extract<WorkerOrder, { kind: "contribute" }>): Promise<void> {
  try {
    const sums: BlockSum[] = [];
    for (const { block, users } of order.blocks) sums.push(await shard.contribute(order.round, order.shared, block, users));
    const transfers = new Set(sums.map(({ part }) => part.buffer as ArrayBuffer));
    parentPort!.postMessage({ sums } satisfies WorkerReport, [...transfers]);
  } catch (error) {
    const code = isCofactorError(error) ? error.code : "INTERNAL";
    parentPort!.postMessage({ code, message: error instanceof Error ? error.message : "unknown" } satisfies WorkerReport);
  }
}
