/**
 * A cell of a sweep: a scenario in, its result out, and nothing else: wherever it runs, in this thread, in another or elsewhere. And its name: the
 * same for the same scenario, data and version. Imports simulate.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../shared/terms.ts";
import type { Result } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { simulate } from "../simulate.ts";

/**
 * Runs a cell.
 *
 * Guarantees: the result is plain data, as JSON has it (what cannot be computed is null); it depends on nothing but the scenario, the data and the
 * version, but for times and memory.
 * @param signal ends it early: the result then is not complete
 */
export async function runCell(scenario: Scenario, signal?: AbortSignal): Promise<Result> {
  const result = await simulate(scenario, { workers: 1, ...(signal === undefined ? {} : { signal }) });
  return JSON.parse(JSON.stringify(result)) as Result;
}

/** Names a cell: sha256 of scenario, data and version, in hexadecimal. */
export function cellKey(scenario: Scenario, dataSha256: string, version: string): string {
  // Where the data lie is no part of what they are.
  const { path: _place, ...dataset } = scenario.dataset as { readonly name: string; readonly path?: unknown };
  const plain: unknown = JSON.parse(JSON.stringify({ scenario: { ...scenario, dataset }, data: dataSha256, version }));
  return createHash("sha256").update(canonicalJson(plain)).digest("hex");
}
