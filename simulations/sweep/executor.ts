/** Where a sweep's cells run: the seam, and in this thread or in several worker threads. Imports cell, threads. */
import { CofactorError } from "../../shared/errors.ts";
import type { Result } from "../result.ts";
import { type Cell, type CellProgress, runCell } from "./cell.ts";

/** Runs cells. Every one passes test/conformance/executor.ts: in this thread, in threads (threads.ts), on other machines (queue/executor.ts). */
export interface Executor {
  /** How many cells may be under way at a time. */
  readonly width: number;
  /**
   * @param onProgress told of rounds, of some or of none
   * @throws CofactorError what the cell failed with, or CANCELLED once the signal was aborted
   */
  run(cell: Cell, onProgress?: (progress: CellProgress) => void): Promise<Result>;
  close(): Promise<void>;
}

/** Cells in this thread, one at a time. @param signal ends what is under way */
export function inThisThread(signal: AbortSignal): Executor {
  return {
    width: 1,
    async run({ scenario }, onProgress) {
      const result = await runCell(scenario, { signal, onProgress });
      if (!result.isComplete) throw interrupted();
      return result;
    },
    close: async () => undefined,
  };
}

/** What a cell ends with that was under way when the sweep ended. */
export function interrupted(): CofactorError {
  return new CofactorError("CANCELLED", "the sweep was interrupted");
}
