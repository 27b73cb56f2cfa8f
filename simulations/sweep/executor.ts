/** Where a sweep's cells run: in this thread, or several at a time in worker threads. Imports cell, node:worker_threads. */
import { Worker } from "node:worker_threads";
import { CofactorError, fromWireError, type WireError } from "../../shared/errors.ts";
import type { Result } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { runCell } from "./cell.ts";

/** Runs cells; a queue of another kind is another one of these. */
export interface Executor {
  /** How many cells may be under way at a time. */
  readonly width: number;
  /** @throws CofactorError what the cell failed with, or CANCELLED once the signal was aborted */
  run(scenario: Scenario): Promise<Result>;
  close(): Promise<void>;
}

/** From a worker: the result, or why there is none. */
export type CellReport = { readonly result: Result } | { readonly error: WireError };

/** Cells in this thread, or in `workers` threads beside it. @param signal ends what is under way */
export function createExecutor(workers: number, signal: AbortSignal): Executor {
  return workers <= 1 ? inThisThread(signal) : inThreads(workers, signal);
}

function inThisThread(signal: AbortSignal): Executor {
  return {
    width: 1,
    async run(scenario) {
      const result = await runCell(scenario, signal);
      if (!result.isComplete) throw cancelled();
      return result;
    },
    close: async () => undefined,
  };
}

function inThreads(count: number, signal: AbortSignal): Executor {
  const file = new URL(`./cell-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const start = (): void => {
    const worker = new Worker(file);
    workers.add(worker);
    idle.push(worker);
  };
  for (let at = 0; at < count; at++) start();
  return {
    width: count,
    run(scenario) {
      const worker = idle.pop();
      if (worker === undefined) throw new RangeError(`"run" expected at most ${count} cells at a time`);
      return new Promise((resolve, reject) => {
        const settle = (end: () => void, isAlive = true): void => {
          for (const [name, listener] of Object.entries(listeners)) worker.off(name, listener);
          signal.removeEventListener("abort", abort);
          if (isAlive) idle.push(worker);
          else {
            workers.delete(worker);
            start();
          }
          end();
        };
        const listeners = {
          message: (report: CellReport) =>
            settle(() => ("result" in report ? resolve(report.result) : reject(fromWireError(report.error)))),
          // A thread that failed by itself has ended, say without memory: another one takes its place.
          error: (error: unknown) => settle(() => reject(error), false),
        };
        const abort = (): void => settle(() => reject(cancelled()));
        for (const [name, listener] of Object.entries(listeners)) worker.on(name, listener);
        signal.addEventListener("abort", abort);
        if (signal.aborted) abort();
        else worker.postMessage(scenario);
      });
    },
    close: async () => void (await Promise.all([...workers].map((worker) => worker.terminate()))),
  };
}

function cancelled(): CofactorError {
  return new CofactorError("CANCELLED", "the sweep was interrupted");
}
