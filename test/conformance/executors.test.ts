/** Every executor passes the suite: this thread, threads, and a queue with a worker. */
import { inThisThread } from "../../simulations/sweep/executor.ts";
import { createQueueExecutor } from "../../simulations/sweep/queue/executor.ts";
import { runQueueWorker } from "../../simulations/sweep/queue/worker.ts";
import { inThreads } from "../../simulations/sweep/threads.ts";
import { missingRedis, startRedis } from "../support/redis.ts";
import { executorConformance } from "./executor.ts";

executorConformance({ name: "this thread", open: async (signal) => inThisThread(signal) });
executorConformance({ name: "threads", open: async (signal) => inThreads(2, signal) });

let url = "";
executorConformance({
  name: "a queue with a worker",
  missing: missingRedis(),
  open: (signal) => createQueueExecutor({ url, signal, lookMs: 200 }),
  async start() {
    const redis = await startRedis();
    url = redis.url;
    const stop = new AbortController();
    const options = { url, dataFolder: undefined, concurrency: 2, lockMs: 5_000, graceMs: 0, signal: stop.signal };
    const worker = runQueueWorker({ ...options, say: () => undefined });
    return async () => {
      stop.abort();
      await worker;
      await redis.stop();
    };
  },
});
