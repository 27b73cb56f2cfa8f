/**
 * A worker: takes cells out of the queue, runs them in threads and puts results back. The threads leave this one free to keep the locks of its cells;
 * a worker that dies lets them expire, and others run its cells again, from the start and to the same result. Imports bullmq, threads.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { DelayedError, type Job, WaitingError, Worker } from "bullmq";
import { CofactorError, isCofactorError } from "../../../shared/errors.ts";
import { packageVersion } from "../../package-root.ts";
import type { Cell } from "../cell.ts";
import { inThreads } from "../threads.ts";
import { locateData } from "./data.ts";
import {
  blobSeconds,
  type CellAnswer,
  type CellJob,
  decodeCell,
  encodeAnswer,
  encodeFailure,
  keptCells,
  keptSeconds,
  queueName,
  type ReceivedCell,
} from "./job.ts";
import { announce, presenceMs, presentWorkers, type WorkerInfo, withdraw } from "./presence.ts";
import { openRedis, prefix } from "./redis.ts";

/** What a worker is told. */
export interface QueueWorkerOptions {
  readonly url: string;
  /** Where data lie that are not bundled. */
  readonly dataFolder: string | undefined;
  /** Cells at a time, a thread each. */
  readonly concurrency: number;
  /** How long a cell is nobody else's after this process last said that it works on it. */
  readonly lockMs: number;
  /** How long cells under way may take to finish once the signal was aborted; then they are given back. */
  readonly graceMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told what happens, a line each: no rating, factor or password. */
  readonly say: (line: string) => void;
}

/** A cell whose workers died so often is given up: it may be what kills them. */
const maxDeaths = 5;
/** How long a worker that will not run a cell rests, so that others take it. */
const refusedMs = 1_000;
/** How often the rounds of a cell are told. */
const progressMs = 1_000;

/**
 * Works until the signal is aborted and what was under way is finished or given back.
 * @throws CofactorError as `openRedis`
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<void> {
  const { concurrency, lockMs, graceMs, signal, say, dataFolder } = options;
  const redis = await openRedis(options.url, say);
  const { client: connection, place } = redis;
  const version = packageVersion();
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}`;
  const me: WorkerInfo = { name, version, node: process.versions.node, concurrency };
  const drop = new AbortController();
  const threads = inThreads(concurrency, drop.signal, { checksData: true });

  /** Cells that are others' by now, though the queue's client still tries to keep their locks. */
  const resting = new Set<string>();

  const work = async (job: Job<CellJob>, token: string | undefined): Promise<CellAnswer> => {
    const startedMs = performance.now();
    const label = `cell ${job.id!.slice(0, 8)} ${job.name}`;
    let received: ReceivedCell | undefined;
    try {
      received = decodeCell(job.data, job.id!, version);
      const { cell } = received;
      if (cell.version !== version) {
        throw new CofactorError("PROTOCOL_UNSUPPORTED", `the worker expected cells of Cofactor ${version}, got one of ${cell.version}`);
      }
      const { answer, blob } = encodeAnswer(await run(cell, job));
      if (blob !== undefined) await connection.set(blob.key, blob.bytes, "EX", blobSeconds);
      say(`${label}: ${((performance.now() - startedMs) / 1000).toFixed(2)} s`);
      return answer;
    } catch (error) {
      if (isCofactorError(error) && error.code === "CANCELLED") {
        await job.moveToWait(token);
        say(`${label}: given back`);
        throw new WaitingError();
      }
      const failure = encodeFailure(error);
      if (received !== undefined && isRefusal(error) && (await someoneElseMay(job, received, failure))) {
        say(`${label}: left to others: ${failure}`);
        await job.moveToDelayed(Date.now() + refusedMs / 4, token);
        // Whoever else is there takes it before this one can again.
        resting.add(job.id!);
        await pause(refusedMs, undefined, { signal }).catch(() => undefined);
        resting.delete(job.id!);
        throw new DelayedError();
      }
      say(`${label}: failed: ${failure}`);
      // A new error: what is thrown here is stored with its stack.
      throw Object.assign(new Error(failure), { stack: "" });
    }
  };

  const run = async (cell: Cell, job: Job<CellJob>) => {
    const located = locateData(cell.scenario, dataFolder);
    let toldMs = 0;
    const result = await threads.run({ ...cell, scenario: located }, (progress) => {
      const nowMs = performance.now();
      if (nowMs - toldMs < progressMs) return;
      toldMs = nowMs;
      job.updateProgress({ ...progress }).catch(() => undefined);
    });
    // The sweep knows its data by the path of its own machine.
    return { ...result, scenario: { ...result.scenario, dataset: cell.scenario.dataset } };
  };

  /** Notes the refusal; whether a worker is there that has not refused. */
  const someoneElseMay = async (job: Job<CellJob>, { refusals }: ReceivedCell, failure: string): Promise<boolean> => {
    const known = { ...refusals, [name]: failure };
    if (refusals[name] === undefined) await job.updateData({ ...job.data, refusals: known });
    return (await presentWorkers(connection)).some((worker) => known[worker.name] === undefined);
  };

  await announce(connection, me);
  const present = setInterval(() => void announce(connection, me).catch(() => undefined), presenceMs);
  const worker = new Worker<CellJob, CellAnswer>(queueName, work, {
    connection,
    prefix,
    name,
    concurrency,
    lockDuration: Math.round(lockMs),
    // Redis counts in whole milliseconds.
    stalledInterval: Math.max(250, Math.round(lockMs / 3)),
    maxStalledCount: maxDeaths,
    drainDelay: 2,
    removeOnComplete: { age: keptSeconds, count: keptCells },
    removeOnFail: { age: keptSeconds, count: keptCells },
  });
  // Losses are told of by the connection itself, once.
  worker.on("error", ({ message }) => {
    if (connection.status !== "ready" || [...resting].some((id) => message.includes(id))) return;
    say(`the queue complained: ${message.slice(0, 200)}`);
  });
  worker.on("stalled", (id) => say(`cell ${id.slice(0, 8)}: its worker is gone, somebody runs it again`));
  say(
    `worker ${name} (Cofactor ${version}, Node ${me.node}) at ${place}: ${concurrency} ${concurrency === 1 ? "cell" : "cells"} at a time`,
  );

  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  say("stopping: no further cells");
  const grace = setTimeout(() => drop.abort(), graceMs);
  try {
    await Promise.race([worker.close(), gone(drop.signal, lockMs)]);
    await Promise.race([withdraw(connection, me), pause(lockMs, undefined, { ref: false })]);
  } finally {
    clearTimeout(grace);
    clearInterval(present);
    await threads.close();
    redis.close();
  }
  say("stopped");
}

/** Whether the cell may be fine for another worker. */
function isRefusal(error: unknown): boolean {
  return isCofactorError(error) && (error.code === "PROTOCOL_UNSUPPORTED" || error.code === "DATA_INVALID");
}

/** Some time after the signal: when the Redis is gone, so are the locks, and nothing is left to wait for. */
async function gone(signal: AbortSignal, afterMs: number): Promise<void> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  await pause(afterMs, undefined, { ref: false });
}
