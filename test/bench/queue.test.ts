/** What the queue adds to a cell, beside the same cells in a thread of this process: printed, never asserted. */
import { expect, it } from "vitest";
import type { Executor } from "../../simulations/sweep/executor.ts";
import { createQueueExecutor } from "../../simulations/sweep/queue/executor.ts";
import { runQueueWorker } from "../../simulations/sweep/queue/worker.ts";
import { inThreads } from "../../simulations/sweep/threads.ts";
import { missingRedis, startRedis } from "../support/redis.ts";
import { lasting, smallCell } from "../support/sweep-cells.ts";

const missing = missingRedis();
const never = new AbortController().signal;
const count = 40;

it.skipIf(missing !== undefined)(`prints what a queue costs a cell${missing === undefined ? "" : `: ${missing}`}`, async () => {
  const redis = await startRedis();
  const stop = new AbortController();
  const options = { url: redis.url, dataFolder: undefined, concurrency: 1, lockMs: 15_000, graceMs: 0, signal: stop.signal };
  const worker = runQueueWorker({ ...options, say: () => undefined });
  const cells = await Promise.all(Array.from({ length: count }, (_, at) => smallCell({ seed: at + 1 })));
  const [warmUp] = [await smallCell({ seed: 1_000 })];
  // One after the other: what is added to one cell, not what several hide behind each other.
  const measure = async (executor: Executor): Promise<{ readonly figures: unknown[]; readonly msPerCell: number }> => {
    await executor.run(warmUp);
    const startedMs = performance.now();
    const figures: unknown[] = [];
    for (const cell of cells) figures.push(lasting(await executor.run(cell)));
    const msPerCell = (performance.now() - startedMs) / count;
    await executor.close();
    return { figures, msPerCell };
  };
  const local = await measure(inThreads(1, never));
  const queued = await measure(await createQueueExecutor({ url: redis.url, signal: never }));
  stop.abort();
  await worker;
  await redis.stop();
  expect(queued.figures).toEqual(local.figures);
  process.stdout.write(
    `sweep cells, one at a time, ${count} cells: a thread ${local.msPerCell.toFixed(1)} ms a cell, the queue ${queued.msPerCell.toFixed(1)} ms, added ${(queued.msPerCell - local.msPerCell).toFixed(1)} ms\n`,
  );
});
