/**
 * Judges a model on the held-out part of a split: per person first, so that groups can be reported, then over all.
 * Imports evaluation-options.ts, evaluation-negatives.ts, evaluation-sheet.ts, split.ts, shared. The protocols are those of the README's evaluation section.
 */
import { rankAmong, rankAmongAll } from "../shared/math/metrics.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import { topItems } from "../shared/math/top.ts";
import { coRatingDistance } from "./co-ratings.ts";
import { drawNegatives, negativeRng } from "./evaluation-negatives.ts";
import { fullPrefix, isListed, isRanked, metricsFor, rankingProtocol, ratingProtocol } from "./evaluation-options.ts";
import { clippedErrors, createSheet, type Outcome, pickOutcome, type SheetFigures } from "./evaluation-sheet.ts";
import type { Split } from "./split.ts";

/** Writes the score of every item for one person into `out` [items]. */
export type ScoresFor = (user: number, out: Float64Array) => void;

/**
 * Changes the order of candidates before they are ranked, by changing `scores` [items]; no candidates are those whose score is NaN.
 * @param places how long a list is asked for
 */
export type Arrange = (scores: Float64Array, places: number) => void;

/** How people are served. */
export interface Served {
  readonly scoresFor: ScoresFor;
  /** By default lists are in the order of the scores. Predicted ratings are those before. */
  readonly arrange?: Arrange | undefined;
}

/** What to evaluate and how. */
export interface EvaluateInput extends Served {
  readonly split: Split;
  readonly part: "validation" | "test";
  readonly objective: "rating" | "ranking";
  /** Names of metrics; the usual ones of the objective when left out. */
  readonly metrics?: readonly string[];
  /** Predicted ratings are clipped to it; scores that rank are not. */
  readonly ratingRange?: readonly [number, number] | undefined;
  /** Default "all". */
  readonly candidates?: "all" | "sampled-99";
  /** Default "honest". */
  readonly negatives?: "honest" | "paper-compat";
  /** Draws of negatives to average under "sampled-99"; default 5. */
  readonly negativeDraws?: number;
  readonly seed: number;
  /** Evaluate these people alone (indices, ascending); everyone with held-out items when left out. */
  readonly users?: Int32Array;
  /** [items] a group for each item, from 0: people are judged by each group's items apart, too. */
  readonly itemGroups?: Uint8Array;
}

const noItems = new Int32Array(0);

/** Figures per person. */
export interface PeopleEvaluation extends SheetFigures {
  /** Size of the catalogue. */
  readonly items: number;
  /** [n] indices of the people evaluated, ascending: those with at least one held-out item. */
  readonly users: Int32Array;
  /** [n] how many items each held out. */
  readonly heldOut: Int32Array;
  /** By metric, [n] each person's figure; the mean over the draws of negatives where there are several. */
  readonly values: Readonly<Record<string, Float64Array>>;
  /** By ranked metric, [draws][n] each person's figure in each draw; empty unless negatives were sampled. */
  readonly perDraw: Readonly<Record<string, readonly Float64Array[]>>;
  /** By metric, the protocol in words: print it beside the figure. */
  readonly protocols: Readonly<Record<string, string>>;
  /** True when training knew what was held out ("paper-compat"): label it wherever a figure is printed. */
  readonly isLeaking: boolean;
  /** By item group, the people who held out items of it, judged by these alone, among all candidates; empty without `itemGroups`. */
  readonly byItemGroup: readonly PeopleEvaluation[];
}

/** Figures over people. */
export interface Evaluation {
  /** By metric: "hr@10", "rmse", ... NaN when nobody was evaluated. */
  readonly metrics: Readonly<Record<string, number>>;
  /** By ranked metric, standard deviation over the draws of negatives; empty unless there were at least two. */
  readonly spread: Readonly<Record<string, number>>;
  /** How many people were evaluated. */
  readonly users: number;
  readonly protocols: Readonly<Record<string, string>>;
  readonly isLeaking: boolean;
}

/** The figures over everyone; see `evaluatePeople`. */
export function evaluate(input: EvaluateInput): Evaluation {
  return summarize(evaluatePeople(input));
}

/**
 * Scores each person with held-out items once and computes every metric.
 *
 * Ranked metrics: candidates are the held-out items and, of the rest of the catalogue without the person's training items and
 * the other held-out part, all or 99 drawn ones (fewer where there are fewer). Ties count by expectation; a NaN score is a miss.
 * Metrics of lists: the first candidates among all, ties in the order of the catalogue; see `ListMetric`.
 * Under "sampled-99" every ranked metric comes a second time, against all candidates, its name beginning with `fullPrefix`.
 * Rating metrics: predictions are clipped to the rating range; a NaN prediction makes the figure NaN.
 *
 * @throws CofactorError CONFIG_INVALID for metrics that the objective does not allow
 */
export function evaluatePeople(input: EvaluateInput): PeopleEvaluation {
  const { split, part, seed, candidates = "all", negatives = "honest" } = input;
  const metrics = metricsFor(input.objective, input.metrics);
  const heldOut = split[part];
  const other = part === "test" ? split.validation : split.test;
  const users = (input.users ?? Int32Array.from({ length: heldOut.users }, (_, user) => user)).filter(
    (user) => heldOut.rowStart[user + 1]! > heldOut.rowStart[user]!,
  );
  const draws = candidates === "all" ? 0 : negatives === "paper-compat" ? 1 : (input.negativeDraws ?? 5);
  const streams = Array.from({ length: draws }, (_, draw) => negativeRng({ seed, negatives, part, draw }));
  const rated = metrics.filter((metric) => !("k" in metric));
  const ranking = metrics.filter(isRanked);
  const listed = metrics.filter(isListed);
  const longest = metrics.reduce((most, metric) => Math.max(most, "k" in metric ? metric.k : 0), 0);
  // Figures against sampled candidates never stand alone: those of the full ranking come with them.
  const whole = draws === 0 ? ranking : ranking.map((metric) => ({ ...metric, name: `${fullPrefix}${metric.name}` }));
  const names = [...metrics, ...whole].map(({ name }) => name);
  const distance = listed.length === 0 ? () => Number.NaN : coRatingDistance(split.training);
  const columns = { names, rated, whole, sampled: draws === 0 ? [] : ranking, draws, listed, distance, items: heldOut.items };
  const everyone = createSheet(columns);
  const groups = input.itemGroups?.reduce((most, group) => Math.max(most, group + 1), 0) ?? 0;
  // A list is the same whichever group of a person's held-out items is looked at.
  const grouped = { ...columns, listed: [], names: names.filter((name) => !listed.some((metric) => metric.name === name)) };
  const sheets = Array.from({ length: groups }, () => createSheet(grouped));
  const scores = new Float64Array(heldOut.items);
  const excluded = new Uint8Array(heldOut.items);

  const isPlain = input.arrange === undefined && listed.length === 0;
  const candidateScores = new Float64Array(heldOut.items);
  const arrangeCandidates = (targets: Int32Array): Float64Array => {
    for (let item = 0; item < scores.length; item++) candidateScores[item] = excluded[item] === 0 ? scores[item]! : Number.NaN;
    for (const target of targets) candidateScores[target] = scores[target]!;
    input.arrange?.(candidateScores, longest);
    return candidateScores;
  };
  const rank = (user: number, targets: Int32Array): Pick<Outcome, "ranks" | "drawn" | "list"> => {
    const marked = mark(split.training, user, 1, excluded) + mark(other, user, 1, excluded);
    const arranged = isPlain ? scores : arrangeCandidates(targets);
    const ranks = rankAmongAll(arranged, targets, excluded);
    const list = listed.length === 0 ? noItems : topItems(arranged, Math.min(longest, heldOut.items));
    mark(heldOut, user, 1, excluded);
    const drawn = streams.map((stream) =>
      rankAmong(scores, targets, drawNegatives(stream.fork(user), excluded, heldOut.items - marked - targets.length)),
    );
    for (const matrix of [heldOut, split.training, other]) mark(matrix, user, 0, excluded);
    return { ranks, drawn, list };
  };

  for (const user of users) {
    input.scoresFor(user, scores);
    const targets = heldOut.itemIndex.subarray(heldOut.rowStart[user]!, heldOut.rowStart[user + 1]!);
    const outcome: Outcome = {
      errors: rated.length === 0 ? new Float64Array(0) : clippedErrors(scores, heldOut, user, input.ratingRange),
      ...(ranking.length + listed.length === 0 ? { ranks: [], drawn: [], list: noItems } : rank(user, targets)),
    };
    everyone.add(user, targets.length, outcome);
    for (const [group, sheet] of sheets.entries()) {
      const places = [...targets.keys()].filter((place) => input.itemGroups![targets[place]!] === group);
      if (places.length > 0) sheet.add(user, places.length, pickOutcome(outcome, places));
    }
  }

  const ranked = rankingProtocol(split, { candidates, negatives, negativeDraws: draws });
  const full = rankingProtocol(split, { candidates: "all", negatives, negativeDraws: draws });
  const clipped = ratingProtocol(split, input.ratingRange);
  const about = {
    items: heldOut.items,
    protocols: Object.fromEntries([
      ...metrics.map((metric) => [metric.name, isListed(metric) ? full : isRanked(metric) ? ranked : clipped]),
      ...whole.map(({ name }) => [name, full]),
    ]),
    isLeaking: ranking.length > 0 && negatives === "paper-compat",
  };
  return {
    ...everyone.read(),
    ...about,
    byItemGroup: sheets.map((sheet) => ({ ...sheet.read(), ...about, byItemGroup: [] })),
  };
}

/**
 * The figures over everyone, or over a group. Ranked metrics are means over people; rmse and mae are over ratings; coverage is over all lists.
 *
 * @param isMember whether a person (by index) belongs to the group
 */
export function summarize(people: PeopleEvaluation, isMember: (user: number) => boolean = () => true): Evaluation {
  const members = Int32Array.from(people.users.keys()).filter((at) => isMember(people.users[at]!));
  const metrics: Record<string, number> = {};
  const spread: Record<string, number> = {};
  for (const [name, values] of Object.entries(people.values)) {
    const draws = people.perDraw[name] ?? [];
    const [kind, k] = name.split("@");
    if (kind === "coverage") metrics[name] = coverageOf(people, Number(k), members);
    else if (name === "rmse" || name === "mae") metrics[name] = overRatings(name, values, people.heldOut, members);
    else metrics[name] = meanOf(values, members);
    if (draws.length > 1) {
      const means = draws.map((draw) => meanOf(draw, members));
      const center = means.reduce((sum, mean) => sum + mean, 0) / means.length;
      spread[name] = Math.sqrt(means.reduce((sum, mean) => sum + (mean - center) ** 2, 0) / (means.length - 1));
    }
  }
  return { metrics, spread, users: members.length, protocols: people.protocols, isLeaking: people.isLeaking };
}

/** Sets the flag of a person's items; returns how many there are. */
function mark({ rowStart, itemIndex }: RatingMatrix, user: number, flag: 0 | 1, excluded: Uint8Array): number {
  const from = rowStart[user]!;
  const to = rowStart[user + 1]!;
  for (let at = from; at < to; at++) excluded[itemIndex[at]!] = flag;
  return to - from;
}

function overRatings(kind: "rmse" | "mae", values: Float64Array, heldOut: Int32Array, members: Int32Array): number {
  let sum = 0;
  let count = 0;
  for (const at of members) {
    sum += heldOut[at]! * (kind === "rmse" ? values[at]! ** 2 : values[at]!);
    count += heldOut[at]!;
  }
  return kind === "rmse" ? Math.sqrt(sum / count) : sum / count;
}

/** The share of the catalogue that is among the first k of a list of the members. */
function coverageOf({ lists, items }: PeopleEvaluation, k: number, members: Int32Array): number {
  const listed = new Set<number>();
  for (const at of members) for (const item of lists[at]!.subarray(0, k)) listed.add(item);
  return listed.size / items;
}

function meanOf(values: Float64Array, members: Int32Array): number {
  let sum = 0;
  for (const at of members) sum += values[at]!;
  return sum / members.length;
}
