/** A worker thread that runs a sweep's cells, one at a time: see threads.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import { loadDataset } from "../datasets/index.ts";
import type { Result } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { type Cell, runCell } from "./cell.ts";
import type { CellReport, ThreadOptions } from "./threads.ts";

const { checksData } = workerData as ThreadOptions;
/** Data that were as they should be, by section: reading them twice for every cell would cost as much as a small cell. */
const checked = new Set<string>();

parentPort!.on("message", (cell: Cell) => void report(cell));

async function report(cell: Cell): Promise<void> {
  parentPort!.postMessage(
    await run(cell).then(
      (result): CellReport => ({ result }),
      (error: unknown): CellReport => {
        // Both ends are this program: unlike a peer's, the message of an unexpected error may be told.
        const code = isCofactorError(error) ? error.code : "INTERNAL";
        return { error: { code, message: error instanceof Error ? error.message : String(error), retryable: false } };
      },
    ),
  );
}

async function run({ scenario, dataSha256 }: Cell): Promise<Result> {
  if (checksData) await checkData(scenario, dataSha256);
  const result = await runCell(scenario, { onProgress: (progress) => parentPort!.postMessage({ progress } satisfies CellReport) });
  if (checksData) assertData(result.dataset.sha256, dataSha256);
  return result;
}

async function checkData({ dataset }: Scenario, dataSha256: string): Promise<void> {
  const name = JSON.stringify([dataset, dataSha256]);
  if (checked.has(name)) return;
  assertData((await loadDataset(dataset)).sha256, dataSha256);
  checked.add(name);
}

/** @throws CofactorError DATA_INVALID */
function assertData(sha256: string, expected: string): void {
  if (sha256 !== expected)
    throw new CofactorError("DATA_INVALID", `the data expected sha256 ${expected.slice(0, 16)}, found ${sha256.slice(0, 16)}`);
}
