/** A worker thread that runs a sweep's cells, one at a time: see executor.ts. */
import { parentPort } from "node:worker_threads";
import { isCofactorError } from "../../shared/errors.ts";
import type { Scenario } from "../scenario.ts";
import { runCell } from "./cell.ts";
import type { CellReport } from "./executor.ts";

parentPort!.on("message", (scenario: Scenario) => void run(scenario));

async function run(scenario: Scenario): Promise<void> {
  const report = await runCell(scenario).then(
    (result): CellReport => ({ result }),
    (error: unknown): CellReport => {
      // Both ends are this program: unlike a peer's, the message of an unexpected error may be told.
      const code = isCofactorError(error) ? error.code : "INTERNAL";
      return { error: { code, message: error instanceof Error ? error.message : String(error), retryable: false } };
    },
  );
  parentPort!.postMessage(report);
}
