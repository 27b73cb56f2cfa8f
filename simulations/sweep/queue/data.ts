/** Where a worker finds the data of a cell: in its own folder, whatever path the sweep's machine has. Imports node:fs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CofactorError } from "../../../shared/errors.ts";
import type { Scenario } from "../../scenario.ts";

/**
 * The scenario with every path of its data replaced by one below `folder`: of the path's ends the longest that is there, so that `/srv/ann/films/a.csv`
 * is `films/a.csv` or `a.csv`. Whether it is the right data is told by its sha256 alone.
 *
 * Guarantees: no path outside of `folder` is read; bundled data, which have no path, stay as they are.
 * @throws CofactorError DATA_INVALID when there is no such file, or no folder
 */
export function locateData(scenario: Scenario, folder: string | undefined): Scenario {
  return { ...scenario, dataset: relocate(scenario.dataset, folder) as Scenario["dataset"] };
}

function relocate(value: unknown, folder: string | undefined): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      name === "path" && typeof inner === "string" ? locate(inner, folder) : relocate(inner, folder),
    ]),
  );
}

function locate(path: string, folder: string | undefined): string {
  const steps = path.split(/[\\/]/).filter((step) => step !== "" && step !== "." && step !== ".." && !step.includes(":"));
  const name = steps.at(-1) ?? "";
  if (folder === undefined)
    throw new CofactorError("DATA_INVALID", `the data "${name}" expected a worker with --data DIR: a worker reads no other folder`);
  for (let from = 0; from < steps.length; from++) {
    const candidate = join(folder, ...steps.slice(from));
    if (existsSync(candidate) || existsSync(`${candidate}.gz`)) return candidate;
  }
  throw new CofactorError("DATA_INVALID", `the data "${name}" expected to lie in the worker's --data folder; found none`);
}
