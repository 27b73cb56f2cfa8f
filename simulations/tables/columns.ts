/** The columns that tables are made of. Imports table.ts. */
import type { Result } from "../result.ts";
import type { Column } from "./table.ts";

const names: Readonly<Record<string, string>> = { hr: "HR", ndcg: "NDCG", recall: "recall", rmse: "RMSE", mae: "MAE" };

/** A share as tables print it: four digits, without the zero before the point. */
export function printShare(figure: number): string {
  return figure.toFixed(4).replace(/^(-?)0\./, "$1.");
}

/** The names of a row's metrics. */
export const figureNames: Column = {
  title: "figure",
  read: (_result, { metrics = [] }) => metrics.map(nameOf).join(" / "),
  print: printShare,
  tolerance: 0,
};

/** A fact of the row, by the column's title. */
export function fact(title: string): Column {
  return { title, read: (_result, { facts = {} }) => facts[title] ?? "", print: printShare, tolerance: 0 };
}

/**
 * The model's figures on test.
 * @param tolerance of runs over real sockets, where devices are killed: what is summed depends on who was faster
 */
export function federated(title = "federated", tolerance = 0): Column {
  return quality(title, ({ metrics }) => metrics.test, tolerance);
}

/** The model's figures on test by other metrics than the row's: [how the row's are named, ...]. */
export function federatedBy(title: string, metrics: readonly string[]): Column {
  return { title, read: (result) => metrics.map((metric) => result.metrics.test[metric]), print: printShare, tolerance: 0 };
}

/** A baseline's figures on test; a dash where the run had none. */
export function baseline(title: string, name: string, tolerance = 0): Column {
  return quality(title, ({ metrics }) => metrics.baselines[name] ?? {}, tolerance);
}

/** The four that stand beside each other: the model, the same in one place, the simple rival, and who never communicates. */
export const fourColumns: readonly Column[] = [
  figureNames,
  federated(),
  baseline("centralised", "centralised"),
  baseline("popularity", "popularity"),
  baseline("canary", "local-only"),
];

/** Median seconds of a round. */
export const secondsPerRound: Column = measured("s a round", ({ timing }) => timing.roundSecondsMedian, 2);

/** Seconds of the whole run, by its rounds: evaluation counted. */
export const secondsPerRoundInAll: Column = measured("s a round in all", ({ timing, rounds }) => timing.totalSeconds / rounds.length, 2);

/** The process's peak. */
export const peakMegabytes: Column = measured("peak MB", ({ memory }) => memory.peakRssBytes / 1e6, 0);

function quality(title: string, figuresOf: (result: Result) => Readonly<Record<string, number>>, tolerance: number): Column {
  return { title, read: (result, { metrics = [] }) => metrics.map((metric) => figuresOf(result)[metric]), print: printShare, tolerance };
}

function measured(title: string, figureOf: (result: Result) => number, digits: number): Column {
  return { title, read: (result) => [figureOf(result)], print: (figure) => figure.toFixed(digits), tolerance: Number.POSITIVE_INFINITY };
}

/** "HR@10", "NDCG@20, all candidates", "RMSE". */
function nameOf(metric: string): string {
  const [kind, ...rest] = metric.replace(/^all\//, "").split("@");
  return [names[kind!] ?? kind, ...rest].join("@");
}
