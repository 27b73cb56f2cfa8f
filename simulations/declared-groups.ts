/**
 * Quality by what people said of themselves: figures of each declared group, small ones withheld, and whether the groups differ by more than
 * chance. Imports evaluate, datasets, shared.
 */
import { createRng, shuffled } from "../shared/random.ts";
import type { UserAttribute } from "./datasets/dataset.ts";
import { type PeopleEvaluation, summarize } from "./evaluate.ts";

/** Groups with fewer judged people have no figures: those would be about single people, and mostly chance. */
export const leastGroup = 20;

/** People who gave one answer. */
export interface DeclaredGroup {
  /** The answer; null for those who gave none. */
  readonly value: string | null;
  /** How many people gave it. */
  readonly size: number;
  /** How many of them are judged. */
  readonly users: number;
  readonly heldOut: number;
  /** Absent where figures are withheld. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Of the baselines that score everyone. */
  readonly baselines?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One question's groups, in the order of their answers, those without an answer last. */
export interface DeclaredFigures {
  readonly attribute: string;
  readonly groups: readonly DeclaredGroup[];
  /** Of the first metric, over the groups with figures; absent where fewer than two have any. */
  readonly gap?: GroupGap;
}

/** How far groups lie apart. */
export interface GroupGap {
  readonly metric: string;
  /** The greatest figure of a group less the least. */
  readonly value: number;
  /** The share of random divisions into groups of these sizes that lie at least as far apart: near 0, the gap is no chance. */
  readonly chance: number;
}

/** Random divisions that a gap is compared with. */
const divisions = 199;

/**
 * Figures on test by every attribute.
 *
 * Guarantees: groups partition the people. Figures of groups with fewer than `leastGroup` judged people are withheld; where those are fewer than
 * `leastGroup` together, so is the smallest other group's, since the figures over everyone would tell theirs.
 * @param baselines by name, of everyone
 */
export function figuresByDeclared(
  attributes: readonly UserAttribute[],
  model: PeopleEvaluation,
  baselines: ReadonlyMap<string, PeopleEvaluation>,
  seed: number,
): DeclaredFigures[] {
  return attributes.map((attribute) => {
    const { name } = attribute;
    const values = answersOf(attribute);
    const sizes = new Map<string | undefined, number>();
    for (const value of values) sizes.set(value, (sizes.get(value) ?? 0) + 1);
    const answers = [...sizes.keys()].sort(byAnswer);
    const judged = new Map<string | undefined, number>();
    for (const user of model.users) judged.set(values[user], (judged.get(values[user]) ?? 0) + 1);
    const shown = shownOf(answers.map((answer) => [answer, judged.get(answer) ?? 0] as const));
    const groups = answers.map((answer): DeclaredGroup => {
      const isMember = (user: number): boolean => values[user] === answer;
      const users = judged.get(answer) ?? 0;
      const heldOut = model.heldOut.reduce((sum, count, at) => sum + (isMember(model.users[at]!) ? count : 0), 0);
      const counts = { value: answer ?? null, size: sizes.get(answer)!, users, heldOut };
      if (!shown.has(answer)) return counts;
      const compared = [...baselines].map(([baseline, people]) => [baseline, summarize(people, isMember).metrics] as const);
      return { ...counts, metrics: summarize(model, isMember).metrics, baselines: Object.fromEntries(compared) };
    });
    const metric = Object.keys(model.values)[0];
    const labels = Int32Array.from(model.users, (user) => (shown.has(values[user]) ? answers.indexOf(values[user]) : -1));
    const gap = metric === undefined || shown.size < 2 ? undefined : gapOf(metric, model, labels, answers.length, seed);
    return { attribute: name, groups, ...(gap === undefined ? {} : { gap }) };
  });
}

/** [users] the answers, numbers by their bands. */
function answersOf({ values, bands }: UserAttribute): readonly (string | undefined)[] {
  if (bands === undefined) return values;
  const names = bands.map((from, at) => (at + 1 < bands.length ? `${from} to ${bands[at + 1]! - 1}` : `${from} or more`));
  return values.map((value) => {
    if (value === undefined) return undefined;
    const band = bands.findLastIndex((from) => Number(value) >= from);
    return band < 0 ? `0 to ${bands[0]! - 1}` : names[band];
  });
}

/** The answers whose figures may be told. */
function shownOf(judged: readonly (readonly [string | undefined, number])[]): ReadonlySet<string | undefined> {
  const shown = judged.filter(([, users]) => users >= leastGroup).sort(([, a], [, b]) => b - a);
  const all = judged.reduce((sum, [, users]) => sum + users, 0);
  const withheld = all - shown.reduce((sum, [, users]) => sum + users, 0);
  if (withheld > 0 && withheld < leastGroup) shown.pop();
  return new Set(shown.map(([answer]) => answer));
}

/**
 * The gap, and how often as wide a one comes by chance: people are dealt out anew among groups of the same sizes.
 * @param labels [people judged] the group of each, -1 for those whose group is not shown
 */
function gapOf(
  metric: string,
  { values, heldOut }: PeopleEvaluation,
  labels: Int32Array,
  groups: number,
  seed: number,
): GroupGap | undefined {
  const kept = Int32Array.from(labels.keys()).filter((at) => labels[at]! >= 0);
  const isSquared = metric === "rmse";
  const isOverRatings = isSquared || metric === "mae";
  const weights = Float64Array.from(kept, (at) => (isOverRatings ? heldOut[at]! : 1));
  const figures = Float64Array.from(kept, (at) => (isSquared ? values[metric]![at]! ** 2 : values[metric]![at]!));
  const own = Int32Array.from(kept, (at) => labels[at]!);
  const sums = new Float64Array(groups);
  const totals = new Float64Array(groups);
  const spread = (order: ArrayLike<number>): number => {
    sums.fill(0);
    totals.fill(0);
    for (let at = 0; at < own.length; at++) {
      const person = order[at]!;
      sums[own[at]!] = sums[own[at]!]! + weights[person]! * figures[person]!;
      totals[own[at]!] = totals[own[at]!]! + weights[person]!;
    }
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let group = 0; group < groups; group++) {
      if (totals[group] === 0) continue;
      const mean = isSquared ? Math.sqrt(sums[group]! / totals[group]!) : sums[group]! / totals[group]!;
      low = Math.min(low, mean);
      high = Math.max(high, mean);
    }
    return high - low;
  };
  const value = spread(Int32Array.from(own.keys()));
  if (!Number.isFinite(value)) return undefined;
  const rng = createRng(seed, "group-gaps");
  let asWide = 1;
  for (let time = 0; time < divisions; time++) if (spread(shuffled(own.length, rng)) >= value) asWide += 1;
  return { metric, value, chance: asWide / (divisions + 1) };
}

/** By code unit, numbers in front of an answer ascending; no answer last. */
function byAnswer(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  const [first, second] = [leadingNumber(a), leadingNumber(b)];
  return first !== second ? first - second : a < b ? -1 : a > b ? 1 : 0;
}

/** "$50,000 - $99,999" -> 50000; words come behind every number. */
function leadingNumber(answer: string): number {
  const [, digits] = /^[^\p{L}\d]*(\d[\d,]*)/u.exec(answer) ?? [];
  return digits === undefined ? Number.MAX_VALUE : Number(digits.replaceAll(",", ""));
}
