/** Fake accounts that promote items. Imports the seam, profiles. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { positive, targetsOf } from "./options.ts";
import { createProfiler, type ProfileOptions, profileEntries } from "./profiles.ts";
import { scaleInPlace } from "./vectors.ts";

/** Options of an item push. */
export interface ItemPushOptions extends ProfileOptions {
  readonly kind: "item-push";
  /** How many times as long the vector is sent: 1 for an account that trains as it should. */
  readonly gain: number;
}

/** A made-up profile in place of the owner's ratings, with the targets rated best, and honest training on it. */
export const itemPush: AdversaryDefinition<ItemPushOptions> = {
  kind: "item-push",
  summary: "Trains honestly on a made-up profile that rates target items best (random, average or bandwagon shilling).",
  source:
    "Lam and Riedl 2004, https://doi.org/10.1145/988672.988726; profiles: Mobasher et al. 2007, https://doi.org/10.1145/1278366.1278372",
  options: v.strictObject({ kind: v.literal("item-push"), ...profileEntries, gain: positive(1) }),
  create(options, setting) {
    const targets = targetsOf(options.targets, setting);
    const { gain } = options;
    const profileOf = createProfiler(options, setting, targets, setting.objective === "ranking" ? 1 : setting.ratingRange[1]);
    return {
      kind: "item-push",
      targets,
      ratings: (own, rng) => profileOf(own.items.length, rng),
      vector: (values) => scaleInPlace(values, gain),
    };
  },
};
