/** Fake profiles around target items: what shilling attacks are made of. Imports the seam, valibot. */
import * as v from "valibot";
import type { UserRatings } from "../../shared/math/ratings.ts";
import type { Rng } from "../../shared/random.ts";
import type { AdversarySetting } from "./adversary.ts";
import { itemList } from "./options.ts";

/** How a profile is filled. */
export interface ProfileOptions {
  /** Items whose place is to change; by default one that is drawn, see `targetsOf`. */
  readonly targets?: readonly number[] | undefined;
  /**
   * What stands around the targets. "random": any items, rated as ratings are on the whole. "average": any items, each rated as others rate it; choices
   * are drawn by popularity. "bandwagon": the most rated items, rated best, then any.
   */
  readonly profile: "random" | "average" | "bandwagon";
  /** Items beside the targets; by default as many as the device's owner has rated. */
  readonly fillers?: number | undefined;
}

/** Their schemas. */
export const profileEntries: {
  readonly targets: typeof itemList;
  readonly profile: v.GenericSchema<ProfileOptions["profile"] | undefined, ProfileOptions["profile"]>;
  readonly fillers: v.GenericSchema<number | undefined, number | undefined>;
} = {
  targets: itemList,
  profile: v.optional(v.picklist(["random", "average", "bandwagon"]), "average"),
  fillers: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(100_000))),
};

/** How many of the most rated items a bandwagon profile names, at most. */
const bandwagonItems = 10;

/**
 * Makes profiles.
 * @param targets ascending
 * @param targetValue what the targets are rated; undefined: they are left out
 */
export function createProfiler(
  { profile, fillers }: ProfileOptions,
  setting: AdversarySetting,
  targets: Int32Array,
  targetValue: number | undefined,
): (owned: number, rng: Rng) => UserRatings {
  const { items, objective, ratingRange } = setting;
  const [low, high] = ratingRange;
  const facts = setting.facts();
  const isChoice = objective === "ranking";
  const round = (value: number): number => Math.min(high, Math.max(low, Math.round(value)));
  const rate = (item: number, rng: Rng): number => {
    if (isChoice) return 1;
    return profile === "average"
      ? round(facts.means[item]! + facts.stddevs[item]! * rng.normal())
      : round(facts.mean + facts.stddev * rng.normal());
  };
  const total = facts.counts.reduce((sum, count) => sum + count, 0);
  const pick = (rng: Rng): number => {
    if (!(isChoice && profile === "average" && total > 0)) return rng.below(items);
    let rest = rng.below(total);
    for (let item = 0; item < items; item++) {
      rest -= facts.counts[item]!;
      if (rest < 0) return item;
    }
    return items - 1;
  };
  const isTarget = new Set(targets);
  const popular = facts.byPopularity.filter((item) => !isTarget.has(item));
  return (owned, rng) => {
    const wanted = Math.min(fillers ?? owned, popular.length);
    const values = new Map<number, number>();
    if (profile === "bandwagon")
      for (const item of popular.subarray(0, Math.min(bandwagonItems, wanted))) values.set(item, isChoice ? 1 : high);
    // Popular items are drawn again and again: after so many draws the most rated ones that are left stand in.
    for (let draws = 0; values.size < wanted && draws < 20 * wanted; draws++) {
      const item = pick(rng);
      if (!isTarget.has(item) && !values.has(item)) values.set(item, rate(item, rng));
    }
    for (let at = 0; values.size < wanted; at++) if (!values.has(popular[at]!)) values.set(popular[at]!, rate(popular[at]!, rng));
    if (targetValue !== undefined) for (const item of targets) values.set(item, targetValue);
    const chosen = Int32Array.from(values.keys()).sort();
    return { items: chosen, values: Float64Array.from(chosen, (item) => values.get(item)!) };
  };
}
