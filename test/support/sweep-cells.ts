/** Small cells for tests of sweeps, and what of a result must be the same wherever a cell runs. Imports simulations. */
import { loadDataset } from "../../simulations/datasets/index.ts";
import { packageVersion } from "../../simulations/package-root.ts";
import type { Result } from "../../simulations/result.ts";
import { parseScenario } from "../../simulations/scenario.ts";
import { type Cell, createCell } from "../../simulations/sweep/cell.ts";

/** A cell of 80 drawn people, some milliseconds long, with changes of its scenario. */
export async function smallCell(changes: Readonly<Record<string, unknown>> = {}, version: string = packageVersion()): Promise<Cell> {
  const scenario = parseScenario({
    dataset: { name: "synthetic", users: 80, items: 30, ratings: 10 },
    model: { kind: "implicit-als", rank: 2 },
    rounds: 2,
    baselines: [],
    ...changes,
  });
  return createCell(scenario, (await loadDataset(scenario.dataset)).sha256, version);
}

/** A result without what differs from run to run. */
export function lasting({ timing: _timing, memory: _memory, ...rest }: Result): Omit<Result, "timing" | "memory"> {
  return rest;
}
