/** Fake accounts that bury items. Imports the seam, profiles. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { positive, targetsOf } from "./options.ts";
import { createProfiler, type ProfileOptions, profileEntries } from "./profiles.ts";
import { scaleInPlace } from "./vectors.ts";

/** Options of an item nuke. */
export interface ItemNukeOptions extends ProfileOptions {
  readonly kind: "item-nuke";
  /** How many times as long the vector is sent: 1 for an account that trains as it should. */
  readonly gain: number;
}

/**
 * A made-up profile in place of the owner's ratings, with the targets rated worst, and honest training on it. A choice cannot be a bad one: where an
 * order of choices is judged, the targets are those that nobody of them chose, which pushes them down only as far as what is not chosen weighs.
 */
export const itemNuke: AdversaryDefinition<ItemNukeOptions> = {
  kind: "item-nuke",
  summary: "Trains honestly on a made-up profile that rates target items worst, or, of choices, leaves them out.",
  source:
    "Lam and Riedl 2004, https://doi.org/10.1145/988672.988726; profiles: Mobasher et al. 2007, https://doi.org/10.1145/1278366.1278372",
  options: v.strictObject({ kind: v.literal("item-nuke"), ...profileEntries, gain: positive(1) }),
  create(options, setting) {
    const targets = targetsOf(options.targets, setting);
    const { gain } = options;
    const profileOf = createProfiler(options, setting, targets, setting.objective === "ranking" ? undefined : setting.ratingRange[0]);
    return {
      kind: "item-nuke",
      targets,
      ratings: (own, rng) => profileOf(own.items.length, rng),
      vector: (values) => scaleInPlace(values, gain),
    };
  },
};
