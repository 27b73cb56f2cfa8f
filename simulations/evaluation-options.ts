/** The section `evaluation` of a scenario: which metrics, against which candidates, and the sentence that says so. Imports split.ts, shared. */
import * as v from "valibot";
import { metricPattern } from "../shared/evaluation/metrics.ts";
import type { Split } from "./split.ts";

/** How an evaluation is done. */
export interface EvaluationOptions {
  /** "rmse", "mae", "hr@K", "ndcg@K", "recall@K"; empty for the usual ones of the model's objective. */
  readonly metrics: readonly string[];
  /**
   * "all": the catalogue without the person's training items and the other held-out part; "sampled-99": 99 drawn from those, and
   * beside each figure the one against all, under its name with `fullPrefix`.
   */
  readonly candidates: "all" | "sampled-99";
  /**
   * "honest": training drew its negatives from everything but training items. "paper-compat": it left the held-out items out as
   * well, which gives the answer away; the evaluation then also follows those codes: one draw of negatives, used for
   * validation and test alike.
   */
  readonly negatives: "honest" | "paper-compat";
  /** How many draws of negatives are averaged under "sampled-99"; "paper-compat" makes one. */
  readonly negativeDraws: number;
  /** Rounds between two evaluations during training; 0 for the end alone. */
  readonly every: number;
  /**
   * True: the validation part is what devices keep aside; they judge the model in the rounds that `every` divides (every round when it is 0), by
   * terms, and what comes of the sum stands in `rounds[].federatedMetrics` beside the same figures computed in one place.
   */
  readonly federated: boolean;
}

/** Begins the name of a full-ranking figure that stands beside one against sampled candidates: "all/hr@10". */
export const fullPrefix = "all/";

/** Schema of the section, with defaults. */
export const evaluationOptions: v.GenericSchema<unknown, EvaluationOptions> = v.strictObject({
  metrics: v.optional(
    v.array(v.pipe(v.string(), v.regex(metricPattern, "expected rmse, mae, hr@K, ndcg@K or recall@K, such as hr@10"))),
    [],
  ),
  candidates: v.optional(v.picklist(["all", "sampled-99"]), "all"),
  negatives: v.optional(v.picklist(["honest", "paper-compat"]), "honest"),
  negativeDraws: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 5),
  every: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  federated: v.optional(v.boolean(), false),
});

/** The protocol of ranked figures in words, for print beside each: "leave-one-out, all candidates, honest". */
export function rankingProtocol(
  split: Pick<Split, "label">,
  options: Pick<EvaluationOptions, "candidates" | "negatives" | "negativeDraws">,
): string {
  const draws = options.negatives === "paper-compat" ? 1 : options.negativeDraws;
  const candidates = options.candidates === "all" ? "all candidates" : `99 sampled negatives (${draws} ${draws === 1 ? "draw" : "draws"})`;
  const negatives = options.negatives === "honest" ? "honest" : "paper-compat (LEAKING: training knew which items were held out)";
  return `${split.label}, ${candidates}, ${negatives}`;
}

/** The protocol of rating figures in words: "given fold 1, predictions clipped to [1, 5]". */
export function ratingProtocol(split: Pick<Split, "label">, range: readonly [number, number] | undefined): string {
  return `${split.label}, predictions ${range === undefined ? "not clipped" : `clipped to [${range[0]}, ${range[1]}]`}`;
}
