/**
 * An executor whose cells run wherever a `cofactor worker` reads the same Redis, through BullMQ. A cell's job is named after the cell: the same cell is
 * run once for all sweeps that want it, and a sweep that is started again finds what has been finished. Events say when to look at a job, and a look
 * every few seconds makes up for the events that were lost; only what the job itself says counts. Imports bullmq.
 */
import { type Job, Queue, QueueEvents } from "bullmq";
import type { CofactorError } from "../../../shared/errors.ts";
import type { Result } from "../../result.ts";
import type { Cell, CellProgress } from "../cell.ts";
import { type Executor, interrupted } from "../executor.ts";
import { type CellJob, cellTitle, decodeAnswer, decodeFailure, encodeCell, keptCells, keptSeconds, queueName } from "./job.ts";
import { presentWorkers, type WorkerInfo } from "./presence.ts";
import { openRedis, prefix } from "./redis.ts";

/** How a queue's executor is made. */
export interface QueueExecutorOptions {
  /** redis://[USER:PASSWORD@]HOST:PORT, or rediss://. */
  readonly url: string;
  /** Ends what is under way: cells that no worker has begun leave the queue, others are finished and kept there. */
  readonly signal: AbortSignal;
  /** Told what a person should know, in lines. */
  readonly say?: (line: string) => void;
  /** How often jobs are looked at without an event. */
  readonly lookMs?: number;
}

/** Cells in the queue at a time: enough for hundreds of workers, and the rest waits here, where it costs nothing. */
const width = 1_000;
/** How long leaving may take: the Redis may be gone. */
const closeMs = 3_000;

interface Pending {
  readonly cell: Cell;
  readonly promise: Promise<Result>;
  readonly onProgress: ((progress: CellProgress) => void) | undefined;
  resolve(result: Result): void;
  reject(error: CofactorError): void;
  /** Looked at just now; "again" when something happened meanwhile. */
  look: "idle" | "busy" | "again";
}

/** Connects. @throws CofactorError as `openRedis` */
export async function createQueueExecutor({ url, signal, say = () => undefined, lookMs = 2_000 }: QueueExecutorOptions): Promise<Executor> {
  const redis = await openRedis(url, say);
  const { client: connection } = redis;
  const queue = new Queue<CellJob>(queueName, {
    connection,
    prefix,
    defaultJobOptions: { removeOnComplete: { age: keptSeconds, count: keptCells }, removeOnFail: { age: keptSeconds, count: keptCells } },
  });
  const events = new QueueEvents(queueName, { connection: connection.duplicate(), prefix });
  // Losses are told of by the connection; what waits for an answer gets it when that is back.
  queue.on("error", () => undefined);
  events.on("error", () => undefined);
  const pending = new Map<string, Pending>();

  const settle = (key: string, end: (held: Pending) => void): void => {
    const held = pending.get(key);
    if (held === undefined) return;
    pending.delete(key);
    end(held);
  };
  const add = async ({ cell }: Pending): Promise<void> => {
    await queue.add(cellTitle(cell), encodeCell(cell), { jobId: cell.key });
  };
  /** Takes a finished job's answer. */
  const take = async (job: Job<CellJob>, held: Pending): Promise<void> => {
    const { cell } = held;
    if (job.failedReason) return settle(cell.key, ({ reject }) => reject(decodeFailure(job.failedReason)));
    try {
      const result = await decodeAnswer(job.returnvalue, cell, (blob) => connection.getBuffer(blob));
      if (result !== undefined) return settle(cell.key, ({ resolve }) => resolve(result));
      await removed(job);
      await add(held);
    } catch (error) {
      // An answer that cannot be read is not found again by the next sweep.
      await removed(job);
      settle(cell.key, ({ reject }) => reject(error as CofactorError));
    }
  };
  const look = async (key: string): Promise<void> => {
    const held = pending.get(key);
    if (held === undefined) return;
    if (held.look !== "idle") {
      held.look = "again";
      return;
    }
    do {
      held.look = "busy";
      const job = await queue.getJob(key);
      if (!pending.has(key)) return;
      // Gone: another sweep gave it up before anyone had begun it.
      if (job === undefined) await add(held);
      else if (job.finishedOn !== undefined) await take(job, held);
    } while (pending.has(key) && (held.look as Pending["look"]) === "again");
    held.look = "idle";
  };
  const glance = (key: string): void => void look(key).catch(() => undefined);
  events.on("completed", ({ jobId }) => glance(jobId));
  events.on("failed", ({ jobId }) => glance(jobId));
  events.on("progress", ({ jobId, data }) => pending.get(jobId)?.onProgress?.(data as CellProgress));

  const heard = new Set<string>();
  const sayOnce = (line: string): void => {
    if (!heard.has(line)) say(line);
    heard.add(line);
  };
  const watch = async (): Promise<void> => {
    for (const key of [...pending.keys()]) await look(key);
    const [first] = pending.values();
    if (first !== undefined) for (const line of remarks(await presentWorkers(connection), first.cell)) sayOnce(line);
  };
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    timer = setTimeout(
      () =>
        void watch()
          .catch(() => undefined)
          .then(() => (isClosed ? undefined : tick())),
      lookMs,
    );
  };
  tick();

  const leaving: Promise<void>[] = [];
  const abort = (): void => {
    for (const key of [...pending.keys()]) {
      settle(key, ({ reject }) => reject(interrupted()));
      leaving.push(queue.getJob(key).then((job) => (job === undefined ? undefined : removedUnlessBegun(job))));
    }
  };
  signal.addEventListener("abort", abort);

  return {
    width,
    async run(cell, onProgress) {
      if (signal.aborted) throw interrupted();
      const same = pending.get(cell.key);
      if (same !== undefined) return same.promise;
      const held = createPending(cell, onProgress);
      // Nobody may look before the job is there.
      held.look = "busy";
      pending.set(cell.key, held);
      begin(held).then(
        () => {
          held.look = "idle";
          glance(cell.key);
        },
        (error: CofactorError) => settle(cell.key, ({ reject }) => reject(error)),
      );
      return held.promise;
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      const leave = async (): Promise<void> => {
        await Promise.allSettled(leaving);
        await Promise.allSettled([events.close(), queue.close()]);
      };
      await Promise.race([leave(), new Promise((resolve) => setTimeout(resolve, closeMs).unref())]);
      redis.close();
    },
  };

  /** Puts a cell into the queue; one that failed before is run again, as a sweep on this machine would. */
  async function begin(held: Pending): Promise<void> {
    const before = await queue.getJob(held.cell.key);
    if (before?.failedReason && before.finishedOn !== undefined) await removed(before);
    if (pending.has(held.cell.key)) await add(held);
  }
}

function createPending(cell: Cell, onProgress: Pending["onProgress"]): Pending {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  return { cell, promise, onProgress, resolve, reject, look: "idle" };
}

/** Removes a job, unless a worker holds it by now. */
async function removed(job: Job<CellJob>): Promise<void> {
  await job.remove().catch(() => undefined);
}

async function removedUnlessBegun(job: Job<CellJob>): Promise<void> {
  if (job.finishedOn === undefined) await removed(job);
}

/** What there is to say about who is at the queue. */
function remarks(workers: readonly WorkerInfo[], { version }: Cell): readonly string[] {
  if (workers.length === 0) return ["queue     nobody is at work: start cofactor worker --queue URL on any machine"];
  return workers.flatMap(({ name, version: theirs, node, concurrency }) => [
    ...(theirs === version
      ? [`queue     ${name} runs ${concurrency} at a time`]
      : [`queue     ${name} has Cofactor ${theirs}, and runs no cells of ${version}`]),
    ...(theirs === version && node !== process.versions.node
      ? [`queue     ${name} has Node ${node}, here it is ${process.versions.node}: figures may differ in their last bits`]
      : []),
  ]);
}
