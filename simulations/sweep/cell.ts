/**
 * A cell of a sweep: a scenario in, its result out, and nothing else: wherever it runs, in this thread, in another or elsewhere. And its name: the
 * same for the same scenario, data and version. Imports simulate.
 */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../shared/terms.ts";
import type { Result } from "../result.ts";
import type { Scenario } from "../scenario.ts";
import { simulate } from "../simulate.ts";

/** A cell, with all that its result depends on. */
export interface Cell {
  /** Its name: see `cellKey`. */
  readonly key: string;
  readonly scenario: Scenario;
  /** Of the data that the scenario names. */
  readonly dataSha256: string;
  /** Of Cofactor. */
  readonly version: string;
}

/** How far a cell is. */
export interface CellProgress {
  readonly round: number;
  readonly rounds: number;
}

/** How a cell is run; none of it changes the result. */
export interface CellOptions {
  /** Ends it early: the result then is not complete. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each round. */
  readonly onProgress?: ((progress: CellProgress) => void) | undefined;
}

/**
 * Runs a cell.
 *
 * Guarantees: the result is plain data, as JSON has it (what cannot be computed is null); it depends on nothing but the scenario, the data and the
 * version, but for times and memory.
 */
export async function runCell(scenario: Scenario, { signal, onProgress }: CellOptions = {}): Promise<Result> {
  const result = await simulate(scenario, {
    workers: 1,
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined ? {} : { onRound: ({ round }, rounds) => onProgress({ round, rounds }) }),
  });
  return JSON.parse(JSON.stringify(result)) as Result;
}

/** A scenario as a cell with its name. */
export function createCell(scenario: Scenario, dataSha256: string, version: string): Cell {
  return { key: cellKey(scenario, dataSha256, version), scenario, dataSha256, version };
}

/** Names a cell: sha256 of scenario, data and version, in hexadecimal. */
export function cellKey(scenario: Scenario, dataSha256: string, version: string): string {
  // Where the data lie is no part of what they are.
  const { path: _place, ...dataset } = scenario.dataset as { readonly name: string; readonly path?: unknown };
  const plain: unknown = JSON.parse(JSON.stringify({ scenario: { ...scenario, dataset }, data: dataSha256, version }));
  return createHash("sha256").update(canonicalJson(plain)).digest("hex");
}
