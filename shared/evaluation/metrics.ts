/**
 * Metrics by name, and each of them as something that sums up over people: what one person's held-out items say, as a number from 0 to 1.
 * Imports errors, math.
 */
import { CofactorError } from "../errors.ts";
import { hitRateAt, ndcgAt, type Rank, recallAt } from "../math/metrics.ts";

/** A metric's name taken apart. */
export type Metric =
  | { readonly name: string; readonly kind: "rmse" | "mae" }
  | { readonly name: string; readonly kind: "hr" | "ndcg" | "recall"; readonly k: number };

/** What a metric's name looks like. */
export const metricPattern: RegExp = /^(?:rmse|mae|(?:hr|ndcg|recall)@[1-9]\d{0,5})$/;

/**
 * The metrics to compute for a model: those asked for, or rmse and mae for ratings, hr@10, ndcg@10 and recall@10 for orders.
 *
 * @param label where the names were written, for errors
 * @throws CofactorError CONFIG_INVALID for a name that is no metric, or rmse or mae of a model that predicts no ratings
 */
export function metricsFor(objective: "rating" | "ranking", names: readonly string[] = [], label = "evaluation.metrics"): Metric[] {
  const wanted = names.length > 0 ? names : objective === "rating" ? ["rmse", "mae"] : ["hr@10", "ndcg@10", "recall@10"];
  return wanted.map((name) => {
    if (!metricPattern.test(name))
      throw new CofactorError("CONFIG_INVALID", `"${label}" expected rmse, mae, hr@K, ndcg@K or recall@K, got "${name}"`);
    const [kind, k] = name.split("@") as ["rmse" | "mae" | "hr" | "ndcg" | "recall", string | undefined];
    if (kind !== "rmse" && kind !== "mae") return { name, kind, k: Number(k) };
    if (objective === "rating") return { name, kind };
    throw new CofactorError("CONFIG_INVALID", `"${label}": ${name} expected a model that predicts ratings, this one predicts an order`);
  });
}

/** What one person's held-out items say about a model. */
export interface HeldOutOutcome {
  /** [n] predictions, clipped to the rating range, less the ratings; empty where no metric asks for them. */
  readonly errors: Float64Array;
  /** [n] where each stands among the whole catalogue without what the person trains on; empty where no metric asks for them. */
  readonly ranks: readonly Rank[];
  /** How many items were held out, at least 1. */
  readonly heldOut: number;
}

/** Public limits of what one person can say. */
export interface OutcomeLimits {
  /** Most items that a person holds out. */
  readonly count: number;
  /** Greatest error of a prediction that counts, in rating units: greater ones count as this. */
  readonly span: number;
}

/** A metric as sums over people. */
export interface SummedMetric {
  readonly name: string;
  /** What the sum is divided by: the people judged, or the ratings that they held out over `limits.count`. */
  readonly per: "people" | "ratings";
  /** One person's part of the sum, from 0 to 1. */
  entry(outcome: HeldOutOutcome, limits: OutcomeLimits): number;
  /** The figure, from the quotient of the sums. */
  figure(quotient: number, limits: OutcomeLimits): number;
  /** How much the figure moves with the quotient: what noise of the sums does to it. */
  slope(quotient: number, limits: OutcomeLimits): number;
}

/** The metric as sums. A new kind is a line here, and one in `metricPattern`. */
export function summed(metric: Metric): SummedMetric {
  const { name } = metric;
  const ranked = (entry: (ranks: readonly Rank[]) => number): SummedMetric => ({
    name,
    per: "people",
    entry: ({ ranks }) => entry(ranks),
    figure: (mean) => mean,
    slope: () => 1,
  });
  switch (metric.kind) {
    case "hr":
      return ranked((ranks) => hitRateAt(metric.k, ranks));
    case "ndcg":
      return ranked((ranks) => ndcgAt(metric.k, ranks));
    case "recall":
      return ranked((ranks) => recallAt(metric.k, ranks));
    case "mae":
      return {
        name,
        per: "ratings",
        entry: ({ errors }, { count, span }) => sumOf(errors, (error) => Math.min(1, Math.abs(error) / span)) / count,
        figure: (mean, { span }) => span * mean,
        slope: (_mean, { span }) => span,
      };
    case "rmse":
      return {
        name,
        per: "ratings",
        entry: ({ errors }, { count, span }) => sumOf(errors, (error) => Math.min(1, Math.abs(error) / span) ** 2) / count,
        figure: (mean, { span }) => span * Math.sqrt(Math.max(0, mean)),
        slope: (mean, { span }) => span / (2 * Math.sqrt(Math.max(Number.MIN_VALUE, mean))),
      };
  }
}

/** A sum over errors; one that is not a number counts as the greatest. */
function sumOf(errors: Float64Array, of: (error: number) => number): number {
  let sum = 0;
  for (const error of errors) sum += Number.isNaN(error) ? 1 : of(error);
  return sum;
}
