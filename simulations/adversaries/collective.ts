/** A collective that plants a signal in real profiles. Imports the seam. */
import * as v from "valibot";
import { contains, type UserRatings } from "../../shared/math/ratings.ts";
import type { AdversaryDefinition, AdversarySetting } from "./adversary.ts";
import { itemList, targetsOf } from "./options.ts";

/** Options of collective action. */
export interface CollectiveOptions {
  readonly kind: "collective";
  /** The items that a profile with the signal is to be shown; by default one that is drawn, see `targetsOf`. */
  readonly targets?: readonly number[] | undefined;
  /** The items that are the signal; by default so many as `signalItems` that are drawn among those that somebody rated. */
  readonly signal?: readonly number[] | undefined;
  readonly signalItems: number;
}

/**
 * Real people keep their ratings, add the signal g and the targets y, rated best, and train honestly. Success S is the share of honest people to whom a
 * target is shown once they carry the signal. With a share a of the people the paper bounds what a learner does that is within epsilon of the best
 * classifier: S >= 1 - (1 - a) / a x delta x xi - epsilon / (1 - epsilon), xi the share of honest people who carry the signal anyway, delta how much more
 * often these choose something else than the target. Told with epsilon 0, of one recommendation: a factorization of low rank is no such learner, and
 * a list of ten is easier to be in.
 */
export const collective: AdversaryDefinition<CollectiveOptions> = {
  kind: "collective",
  summary: "Real people add a signal and a target item to their own ratings, so that whoever carries the signal is shown the target.",
  source: "Hardt, Mazumdar, Mendler-Duenner, Zrnic 2023, https://arxiv.org/abs/2302.04262",
  options: v.strictObject({
    kind: v.literal("collective"),
    targets: itemList,
    signal: itemList,
    signalItems: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 3),
  }),
  create(options, setting) {
    const targets = targetsOf(options.targets, setting);
    const signal = signalOf(options, setting, targets);
    const best = setting.objective === "ranking" ? 1 : setting.ratingRange[1];
    const whole = Int32Array.from([...targets, ...signal]).sort();
    return {
      kind: "collective",
      targets,
      ratings: (own) => withItems(own, whole, best),
      plant: (ratings) => withItems(ratings, signal, best),
      predict(honest, share) {
        const { xi, delta } = honestSignal(honest, signal, targets, setting.items);
        return { alpha: share, xi, delta, bound: Math.max(0, 1 - ((1 - share) / share) * delta * xi) };
      },
    };
  },
};

/** [n] ascending, none of them a target. */
function signalOf({ signal, signalItems }: CollectiveOptions, setting: AdversarySetting, targets: Int32Array): Int32Array {
  if (signal !== undefined) {
    const chosen = targetsOf(signal, setting);
    return chosen.filter((item) => !contains(targets, item));
  }
  const { counts } = setting.facts();
  const candidates = Array.from(counts.keys()).filter((item) => counts[item]! > 0 && !contains(targets, item));
  const rng = setting.common.fork("signal");
  const drawn = new Set<number>();
  while (drawn.size < Math.min(signalItems, candidates.length)) drawn.add(candidates[rng.below(candidates.length)]!);
  return Int32Array.from(drawn).sort();
}

/** The ratings with items rated `value`, those among them too. @param added ascending */
function withItems(own: UserRatings, added: Int32Array, value: number): UserRatings {
  const values = new Map<number, number>();
  for (let at = 0; at < own.items.length; at++) values.set(own.items[at]!, own.values[at]!);
  for (const item of added) values.set(item, value);
  const items = Int32Array.from(values.keys()).sort();
  return { ...own, items, values: Float64Array.from(items, (item) => values.get(item)!) };
}

/** How many honest people carry the signal, and how much more of them chose the most chosen other item than the first target. */
function honestSignal(
  honest: readonly UserRatings[],
  signal: Int32Array,
  targets: Int32Array,
  items: number,
): { readonly xi: number; readonly delta: number } {
  const counts = new Int32Array(items);
  let carriers = 0;
  for (const { items: rated } of honest) {
    if (!signal.every((item) => contains(rated, item))) continue;
    carriers += 1;
    for (const item of rated) counts[item]!++;
  }
  if (carriers === 0) return { xi: 0, delta: 1 };
  const chosen = counts[targets[0]!]!;
  for (const item of signal) counts[item] = 0;
  const most = counts.reduce((greatest, count) => Math.max(greatest, count), 0);
  return { xi: carriers / honest.length, delta: Math.max(0, most - chosen) / carriers };
}
