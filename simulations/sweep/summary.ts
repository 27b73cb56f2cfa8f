/**
 * What a sweep came to: every setting's figures with their spread over seeds, and the best setting, chosen by validation. Test figures are told of
 * the chosen ones alone, unless they are asked for. Imports grid, types of results.
 */
import { CofactorError } from "../../shared/errors.ts";
import { nearest } from "../../shared/registry.ts";
import { isError } from "../../shared/report/numbers.ts";
import type { Result } from "../result.ts";
import { type Grid, type GridValue, type Setting, settingName } from "./grid.ts";

/** A figure over seeds. */
export interface Spread {
  readonly mean: number;
  /** Sample standard deviation; null of one seed. */
  readonly stddev: number | null;
  readonly min: number;
  readonly max: number;
  readonly seeds: number;
}

/** Figures by metric. */
export type Spreads = Readonly<Record<string, Spread>>;

/** A cell as the summary sees it: finished, failed, or not come to. */
export type CellOutcome = { readonly result: Result } | { readonly error: { readonly code: string; readonly message: string } } | undefined;

/** A cell of a summary. */
export interface SeedSummary {
  readonly seed: number;
  readonly validation?: Readonly<Record<string, number | null>>;
  /** Only where test figures of all settings were asked for. */
  readonly test?: Readonly<Record<string, number | null>>;
  readonly error?: { readonly code: string; readonly message: string };
}

/** A setting of a summary. */
export interface SettingSummary {
  readonly name: string;
  readonly values: Readonly<Record<string, GridValue>>;
  readonly cells: readonly SeedSummary[];
  /** Over the seeds that have finished. */
  readonly validation: Spreads;
  readonly test?: Spreads;
  /** Whether every seed has finished: others are not chosen. */
  readonly isComplete: boolean;
  readonly upBytesPerClientRound?: number;
}

/** The best setting: of all, or of those with the same values of the paths in `choose.per`. */
export interface ChosenSetting {
  readonly per: Readonly<Record<string, GridValue>>;
  readonly name: string;
  readonly values: Readonly<Record<string, GridValue>>;
  /** How many settings it was chosen among. */
  readonly among: number;
  readonly validation: Spreads;
  readonly test: Spreads;
  readonly testBySeed: readonly { readonly seed: number; readonly test: Readonly<Record<string, number | null>> }[];
  /** By metric of test: how it was measured. */
  readonly protocols: Readonly<Record<string, string>>;
  readonly isLeaking: boolean;
  readonly dataset: Result["dataset"];
  /** Of the first seed. */
  readonly scenario: Result["scenario"];
}

/** What a sweep came to, as `--json` writes it. */
export interface SweepResult {
  readonly version: string;
  readonly grid: Grid["paths"];
  readonly seeds: readonly number[];
  readonly choose: {
    readonly metric: string | null;
    readonly on: "validation";
    readonly best: "least" | "greatest";
    readonly per: readonly string[];
  };
  /** False when it was interrupted: cells are missing. */
  readonly isComplete: boolean;
  readonly settings: readonly SettingSummary[];
  readonly chosen: readonly ChosenSetting[];
  /** True when test figures of settings that were not chosen are told, too: whoever chooses by them makes the chosen one's too good. */
  readonly tellsTest: boolean;
  readonly isLeaking: boolean;
  readonly notes: readonly string[];
}

/** How a summary is made. */
export interface SummaryOptions {
  readonly version: string;
  readonly tellsTest: boolean;
}

/**
 * Sums a sweep up.
 *
 * Guarantees: which setting is chosen depends on validation figures alone; of equal ones the first in the grid's order.
 * @param outcomes [settings][seeds]
 * @throws CofactorError CONFIG_INVALID when no finished cell knows the metric to choose by
 */
export function summarizeSweep(
  grid: Grid,
  outcomes: readonly (readonly CellOutcome[])[],
  { version, tellsTest }: SummaryOptions,
): SweepResult {
  const results = outcomes.flat().flatMap((outcome) => (outcome !== undefined && "result" in outcome ? [outcome.result] : []));
  const metric = metricOf(grid, results);
  const settings = grid.settings.map((setting, at) => summarizeSetting(grid, setting, outcomes[at]!, tellsTest));
  const best = metric !== undefined && isError(metric) ? "least" : "greatest";
  const notes = [
    ...(grid.seeds.length === 1 ? ["One seed: nothing is known about the spread, and small differences may be luck."] : []),
    ...(results.some(({ scenario }) => scenario.privacy !== undefined)
      ? ["Choosing looked at the validation figures of every cell: the promised epsilon is one run's, and does not cover the choice."]
      : []),
  ];
  return {
    version,
    grid: grid.paths,
    seeds: grid.seeds,
    choose: { metric: metric ?? null, on: "validation", best, per: grid.choose.per },
    isComplete: outcomes.flat().every((outcome) => outcome !== undefined),
    settings,
    chosen: metric === undefined ? [] : chooseSettings(grid, settings, outcomes, metric, best),
    tellsTest,
    isLeaking: results.some(({ isLeaking }) => isLeaking),
    notes,
  };
}

/** Mean and spread of the finite ones. */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    mean,
    stddev: values.length < 2 ? null : Math.sqrt(square / (values.length - 1)),
    min: Math.min(...values),
    max: Math.max(...values),
    seeds: values.length,
  };
}

function metricOf({ choose }: Grid, results: readonly Result[]): string | undefined {
  const known = [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics.validation)))];
  const { metric } = choose;
  if (metric === undefined || known.length === 0 || known.includes(metric)) return metric ?? known[0];
  const hint = nearest(metric, known);
  throw new CofactorError(
    "CONFIG_INVALID",
    `"choose.metric" expected one of ${known.join(", ")}, got "${metric}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
  );
}

function summarizeSetting(grid: Grid, { values }: Setting, outcomes: readonly CellOutcome[], tellsTest: boolean): SettingSummary {
  const cells = outcomes.flatMap((outcome, at): SeedSummary[] => {
    if (outcome === undefined) return [];
    const seed = grid.seeds[at]!;
    if ("error" in outcome) return [{ seed, error: outcome.error }];
    const { validation, test } = outcome.result.metrics;
    return [{ seed, validation, ...(tellsTest ? { test } : {}) }];
  });
  const finished = finishedOf(outcomes);
  return {
    name: settingName(values),
    values,
    cells,
    validation: spreadsOf(finished, "validation"),
    ...(tellsTest ? { test: spreadsOf(finished, "test") } : {}),
    isComplete: finished.length === outcomes.length,
    ...(finished[0] === undefined ? {} : { upBytesPerClientRound: finished[0].traffic.upBytesPerClientRound }),
  };
}

function chooseSettings(
  grid: Grid,
  settings: readonly SettingSummary[],
  outcomes: readonly (readonly CellOutcome[])[],
  metric: string,
  best: "least" | "greatest",
): ChosenSetting[] {
  const groups = new Map<string, number[]>();
  for (const [at, { values }] of settings.entries()) {
    const key = JSON.stringify(grid.choose.per.map((path) => values[path]));
    groups.set(key, [...(groups.get(key) ?? []), at]);
  }
  return [...groups.values()].flatMap((members): ChosenSetting[] => {
    // Whoever lacks a seed was measured by others than the rest.
    const eligible = members.filter((at) => settings[at]!.isComplete && settings[at]!.validation[metric]?.seeds === grid.seeds.length);
    const sizeOf = (at: number): number => (best === "least" ? -1 : 1) * settings[at]!.validation[metric]!.mean;
    const winner = eligible.reduce<number | undefined>(
      (held, at) => (held === undefined || sizeOf(at) > sizeOf(held) ? at : held),
      undefined,
    );
    if (winner === undefined) return [];
    const { name, values, validation } = settings[winner]!;
    const results = finishedOf(outcomes[winner]!);
    const { protocols, isLeaking, dataset, scenario } = results[0]!;
    return [
      {
        per: Object.fromEntries(grid.choose.per.map((path) => [path, values[path]!])),
        name,
        values,
        among: eligible.length,
        validation,
        test: spreadsOf(results, "test"),
        testBySeed: results.map(({ scenario: { seed }, metrics: { test } }) => ({ seed, test })),
        protocols,
        isLeaking,
        dataset,
        scenario,
      },
    ];
  });
}

function finishedOf(outcomes: readonly CellOutcome[]): Result[] {
  return outcomes.flatMap((outcome) => (outcome !== undefined && "result" in outcome ? [outcome.result] : []));
}

/** By metric, over the results that know it. */
function spreadsOf(results: readonly Result[], part: "validation" | "test"): Spreads {
  const names = [...new Set(results.flatMap(({ metrics }) => Object.keys(metrics[part])))];
  return Object.fromEntries(
    names.flatMap((name) => {
      const values = results.flatMap(({ metrics }) => {
        const figure: number | null | undefined = metrics[part][name];
        return typeof figure === "number" && Number.isFinite(figure) ? [figure] : [];
      });
      return values.length === 0 ? [] : [[name, spreadOf(values)]];
    }),
  );
}
