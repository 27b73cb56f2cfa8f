/** Runs the cells of a grid, several at a time where the executor can, leaving out those that are finished already. Imports the parts of this folder. */
import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import { canonicalJson } from "../../shared/terms.ts";
import { loadDataset } from "../datasets/index.ts";
import { packageVersion } from "../package-root.ts";
import type { Scenario } from "../scenario.ts";
import { splitDataset } from "../split.ts";
import type { CellCache } from "./cache.ts";
import { type Cell, createCell } from "./cell.ts";
import type { Executor } from "./executor.ts";
import { type Grid, settingName } from "./grid.ts";
import { type CellOutcome, type SweepResult, summarizeSweep } from "./summary.ts";

/** A cell that has ended. */
export interface EndedCell {
  readonly name: string;
  readonly seed: number;
  readonly outcome: NonNullable<CellOutcome>;
  /** True when it was finished before. */
  readonly isCached: boolean;
  /** Cells ended so far, this one included, and cells in all. */
  readonly ended: number;
  readonly cells: number;
}

/** How a sweep is run; none of it changes the result. */
export interface SweepOptions {
  readonly executor: Executor;
  readonly cache: CellCache;
  /** Ends it: cells under way are dropped, finished ones are kept. */
  readonly signal: AbortSignal;
  readonly onCell?: (cell: EndedCell) => void;
  /** Tell test figures of settings that are not chosen, too. */
  readonly tellsTest?: boolean;
}

/**
 * Runs a sweep. Seeds are the inner loop, so that settings are finished one after the other.
 *
 * Guarantees: the same grid and data give the same result but for the version, at any width of the executor and whatever was cached. A cell that fails
 * is told of and not chosen; the others go on.
 *
 * @throws CofactorError CONFIG_INVALID when a split has no validation part to choose by; DATA_INVALID; STORE_FAILED by the cache
 */
export async function runSweep(grid: Grid, { executor, cache, signal, onCell, tellsTest = false }: SweepOptions): Promise<SweepResult> {
  const version = packageVersion();
  const facts = await dataFacts(grid);
  const outcomes = grid.settings.map(({ scenarios }) => scenarios.map((): CellOutcome => undefined));
  const queue = grid.settings.flatMap(({ values, scenarios }, setting) =>
    scenarios.map((scenario, at) => ({ setting, at, scenario, name: settingName(values) })),
  );
  const cells = queue.length;
  let [next, ended] = [0, 0];
  const work = async (): Promise<void> => {
    while (!signal.aborted && next < cells) {
      const { setting, at, scenario, name } = queue[next++]!;
      const cell = createCell(scenario, facts.get(dataKey(scenario))!, version);
      const known = cache.read(cell.key);
      const outcome = known === undefined ? await ran(executor, cell) : { result: known };
      if (outcome === undefined) return;
      if (known === undefined && "result" in outcome) cache.write(cell.key, outcome.result);
      outcomes[setting]![at] = outcome;
      ended += 1;
      onCell?.({ name, seed: scenario.seed, outcome, isCached: known !== undefined, ended, cells });
    }
  };
  await Promise.all(Array.from({ length: Math.min(executor.width, cells) }, work));
  return summarizeSweep(grid, outcomes, { version, tellsTest });
}

/** What became of a cell; undefined when it was interrupted. */
async function ran(executor: Executor, cell: Cell): Promise<CellOutcome> {
  try {
    return { result: await executor.run(cell) };
  } catch (error) {
    if (!isCofactorError(error)) throw error;
    return error.code === "CANCELLED" ? undefined : { error: { code: error.code, message: error.message } };
  }
}

function dataKey({ dataset, split }: Scenario): string {
  return canonicalJson(JSON.parse(JSON.stringify([dataset, split])));
}

/** The sha256 of every data set of the grid; each split must have something to choose by. */
async function dataFacts(grid: Grid): Promise<ReadonlyMap<string, string>> {
  const facts = new Map<string, string>();
  for (const scenario of grid.settings.flatMap(({ scenarios }) => scenarios)) {
    const key = dataKey(scenario);
    if (facts.has(key)) continue;
    const dataset = await loadDataset(scenario.dataset);
    const { counts } = await splitDataset(dataset, scenario.split);
    if (counts.validation === 0) {
      throw new CofactorError(
        "CONFIG_INVALID",
        '"split" expected a validation part: the best setting is chosen by it, never by the test part; nearest: --set split.validationFraction=0.1',
      );
    }
    facts.set(key, dataset.sha256);
  }
  return facts;
}
