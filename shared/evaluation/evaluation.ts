/**
 * Federated evaluation: devices judge the model that they just received by ratings that they keep aside, and what they find rides behind their
 * contributions, sealed, summed and noised with them. Whoever opens the sum learns the cohort's figures and nothing of a person.
 * Imports errors, registry, valibot, privacy's flat clip, the parts of this folder.
 *
 * What a device writes there cannot be checked. Its entries are within the run's range, like all of a contribution: a lying one moves each sum by
 * one person's weight at most, a hit that was none or one less than nothing.
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import type { Aggregate } from "../models/model.ts";
import { clipFlat } from "../privacy/clips/flat.ts";
import { parseConfig, resolveSection } from "../registry.ts";
import type { Sharing } from "../sharing/sharing.ts";
import type { HoldOutOptions } from "./hold-outs/hold-out.ts";
import { holdOuts } from "./hold-outs/index.ts";
import { type HeldOutOutcome, type Metric, metricsFor, type OutcomeLimits, type SummedMetric, summed } from "./metrics.ts";

/** The section `evaluation` of terms. */
export interface EvaluationTerms {
  /** Devices judge the model in every round whose number this divides. */
  readonly every: number;
  /** "rmse", "mae", "hr@K", "ndcg@K", "recall@K", against the whole catalogue; by default the usual ones of the model's objective. */
  readonly metrics: readonly string[];
  /** What a device keeps aside for as long as the run lasts. */
  readonly holdOut: HoldOutOptions;
  /**
   * Under a promise of privacy: which share of a contribution's squared bound is the metrics', in rounds that are judged. The noise is the same on
   * every entry, so a larger share makes figures clearer and the model's part noisier; the promise is the same.
   */
  readonly share?: number | undefined;
}

const schema = v.strictObject({
  every: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000_000)), 1),
  metrics: v.optional(v.pipe(v.array(v.string()), v.maxLength(16, "expected at most 16 metrics")), []),
  holdOut: v.optional(v.looseObject({ kind: v.optional(v.string(), "latest") }), {}),
  share: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(0.5))),
});

/** The public facts of a run that its evaluation is made for. */
export interface EvaluationSetting {
  readonly objective: "rating" | "ranking";
  /** Least and greatest rating, where the terms say so. */
  readonly ratingRange?: readonly [number, number] | undefined;
  readonly hasPromise: boolean;
}

/** Terms read, with what follows from them alone. */
export interface EvaluationLayout {
  readonly terms: EvaluationTerms;
  readonly metrics: readonly Metric[];
  readonly sums: readonly SummedMetric[];
  readonly limits: OutcomeLimits;
  /** Entries behind a contribution: people, ratings, and a sum for each metric. */
  readonly size: number;
}

/** Without a known range of ratings, errors beyond this count as this. */
const usualSpan = 10;
/** Of a contribution's squared bound. */
const usualShare = 0.1;
/** The entries before the metrics' own: people judged, and their held-out ratings over the most that one may hold out. */
const counts = 2;

/**
 * Reads the section.
 * @throws CofactorError CONFIG_INVALID with the path, what was expected, and the nearest known key
 */
export function readEvaluation(written: unknown, { objective, ratingRange, hasPromise }: EvaluationSetting): EvaluationLayout {
  const label = "terms.evaluation";
  const raw = parseConfig(schema, written, label);
  const metrics = metricsFor(objective, raw.metrics, `${label}.metrics`);
  const names = metrics.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new CofactorError("CONFIG_INVALID", `"${label}.metrics" expected each metric once`);
  if (raw.share !== undefined && !hasPromise) {
    throw new CofactorError("CONFIG_INVALID", `"${label}.share" expected a promise of privacy ("terms.privacy"), of which it is a share`);
  }
  const { options: holdOut } = resolveSection(holdOuts, raw.holdOut, `${label}.holdOut`);
  const span = ratingRange === undefined ? usualSpan : ratingRange[1] - ratingRange[0];
  return {
    terms: { every: raw.every, metrics: names, holdOut: { ...holdOut }, ...(hasPromise ? { share: raw.share ?? usualShare } : {}) },
    metrics,
    sums: metrics.map(summed),
    limits: { count: holdOut.count, span },
    size: counts + metrics.length,
  };
}

/** Room for the metrics behind what a sharing policy lets leave; the room is zeros, and no model sees what is in it. */
export function withRoom(sharing: Sharing, { size }: EvaluationLayout): Sharing {
  return {
    ...sharing,
    size: sharing.size + size,
    // One row: an evaluation is no part of items' rows.
    spec: [...sharing.spec, { name: "evaluation", shape: [1, size] }],
    encode(values, round) {
      const out = new Float64Array(sharing.size + size);
      out.set(sharing.encode(values, round));
      return out;
    },
    decode: (sum, round) => sharing.decode(sum.subarray(0, sharing.size), round),
  };
}

/** A model's quality, as a cohort's devices found it. */
export interface RoundQuality {
  /** The round that published the model: devices judge what they were given, before they train on. */
  readonly modelRound: number;
  /** Devices that held something out and judged the model; under noise about so many. */
  readonly people: number;
  /** By metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** By metric, the standard deviation that the promise's noise gives it; absent where no noise is promised. */
  readonly noiseStddev?: Readonly<Record<string, number>>;
}

/** A run's federated evaluation. */
export interface FederatedEvaluation extends EvaluationLayout {
  isDue(round: number): boolean;
  /**
   * Writes what one person found behind a contribution that is about to leave; call it in every round that is due.
   *
   * Guarantees: under a promise the vector's norm is at most the promised bound, contribution and metrics together.
   * @param outgoing [sharing's size, this room included] changed in place
   * @param outcome undefined when the device holds nothing out: zeros then
   */
  attach(outgoing: Float64Array, outcome: HeldOutOutcome | undefined): void;
  /**
   * The figures of a released sum; undefined when fewer than `least` people were judged, since figures of few are nearly theirs.
   * @param sum [sharing's size, this room included]
   */
  read(sum: Aggregate, least: number, modelRound: number): RoundQuality | undefined;
}

/** What bounds the entries. */
export interface EntryBounds {
  /** Of every entry, by the fixed point. */
  readonly maxAbs: number;
  /** L2 bound of a whole contribution; undefined where nothing is promised. */
  readonly norm: number | undefined;
}

/**
 * The evaluation itself.
 * @throws CofactorError CONFIG_INVALID under a promise that has no bound to share
 */
export function createEvaluation(layout: EvaluationLayout, { maxAbs, norm }: EntryBounds): FederatedEvaluation {
  const { terms, sums, limits, size } = layout;
  const { share } = terms;
  if (share !== undefined && norm === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"terms.evaluation" expected a mechanism that clips whole contributions: local ones spread their noise over single entries, and have no share to give; nearest: mechanism gaussian or skellam, or no evaluation',
    );
  }
  // What stands for 1: entries from 0 to 1 then fill the range, or at most their share of the bound.
  const unit = share === undefined ? maxAbs : Math.min(maxAbs, norm! * Math.sqrt(share / size));
  return {
    ...layout,
    isDue: (round) => round % terms.every === 0,
    attach(outgoing, outcome) {
      const at = outgoing.length - size;
      if (share !== undefined) outgoing.set(clipFlat(outgoing.subarray(0, at), norm! * Math.sqrt(1 - share)));
      if (outcome === undefined) return;
      outgoing[at] = unit;
      outgoing[at + 1] = unit * clamp(outcome.heldOut / limits.count);
      for (const [index, sum] of sums.entries()) outgoing[at + counts + index] = unit * clamp(sum.entry(outcome, limits));
    },
    read({ values, noiseStddev }, least, modelRound) {
      const at = values.length - size;
      const [people, ratings] = [values[at]! / unit, values[at + 1]! / unit];
      if (!(people >= least - 0.5) || !(ratings > 0)) return undefined;
      const divisor = { people, ratings };
      const metrics: Record<string, number> = {};
      const noise: Record<string, number> = {};
      for (const [index, sum] of sums.entries()) {
        const quotient = values[at + counts + index]! / unit / divisor[sum.per];
        metrics[sum.name] = sum.figure(quotient, limits);
        const spread = ((noiseStddev ?? 0) / unit) * Math.sqrt(1 + quotient ** 2);
        noise[sum.name] = (Math.abs(sum.slope(quotient, limits)) * spread) / divisor[sum.per];
      }
      const found = { modelRound, people: noiseStddev === undefined ? Math.round(people) : people, metrics };
      return noiseStddev === undefined ? found : { ...found, noiseStddev: noise };
    },
  };
}

/** Within 0 and 1; what is no number is 0. */
function clamp(value: number): number {
  return value > 0 ? Math.min(1, value) : 0;
}
