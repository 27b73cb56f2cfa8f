/** An executor with worker threads on this machine. Imports executor, node:worker_threads. */
import { Worker } from "node:worker_threads";
import { fromWireError, type WireError } from "../../shared/errors.ts";
import type { Result } from "../result.ts";
import type { CellProgress } from "./cell.ts";
import { type Executor, inThisThread, interrupted } from "./executor.ts";

/** From a thread: how far the cell is; at last the result, or why there is none. */
export type CellReport = { readonly progress: CellProgress } | { readonly result: Result } | { readonly error: WireError };

/** How threads treat their cells. */
export interface ThreadOptions {
  /** Cells come from elsewhere: refuse with DATA_INVALID, before the work, what this machine has other data for. */
  readonly checksData?: boolean;
}

/** Cells in this thread, or in `workers` threads beside it. @param signal ends what is under way */
export function createExecutor(workers: number, signal: AbortSignal): Executor {
  return workers <= 1 ? inThisThread(signal) : inThreads(workers, signal);
}

/** Cells in `count` threads. @param signal ends what is under way: close the executor then */
export function inThreads(count: number, signal: AbortSignal, { checksData = false }: ThreadOptions = {}): Executor {
  const file = new URL(`./cell-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
  const workers = new Set<Worker>();
  const idle: Worker[] = [];
  const start = (): void => {
    const worker = new Worker(file, { workerData: { checksData } });
    workers.add(worker);
    idle.push(worker);
  };
  for (let at = 0; at < count; at++) start();
  return {
    width: count,
    run(cell, onProgress) {
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
          message: (report: CellReport) => {
            if ("progress" in report) onProgress?.(report.progress);
            else settle(() => ("result" in report ? resolve(report.result) : reject(fromWireError(report.error))));
          },
          // A thread that failed by itself has ended, say without memory: another one takes its place.
          error: (error: unknown) => settle(() => reject(error), false),
        };
        const abort = (): void => settle(() => reject(interrupted()));
        for (const [name, listener] of Object.entries(listeners)) worker.on(name, listener);
        signal.addEventListener("abort", abort);
        if (signal.aborted) abort();
        else worker.postMessage(cell);
      });
    },
    close: async () => void (await Promise.all([...workers].map((worker) => worker.terminate()))),
  };
}
