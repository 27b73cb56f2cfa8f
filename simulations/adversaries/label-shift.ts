/** Devices that train honestly on ratings that are not theirs. Imports the seam. */
import * as v from "valibot";
import type { UserRatings } from "../../shared/math/ratings.ts";
import type { AdversaryDefinition } from "./adversary.ts";

/** Options of the label shift. */
export interface LabelShiftOptions {
  readonly kind: "label-shift";
  /** Ratings: rating units added to each, cut to the range; by default each is mirrored in the middle of the range. */
  readonly shift?: number | undefined;
  /** Choices: places of the catalogue by which each moves on; by default half of the catalogue. */
  readonly places?: number | undefined;
}

/** Labels moved before honest training: ratings shifted or mirrored, choices moved to other items. */
export const labelShift: AdversaryDefinition<LabelShiftOptions> = {
  kind: "label-shift",
  summary: "Trains honestly on shifted or mirrored ratings, or on choices moved to other items.",
  source: "Tolpegin et al. 2020, https://arxiv.org/abs/2007.08432",
  options: v.strictObject({
    kind: v.literal("label-shift"),
    shift: v.optional(v.pipe(v.number(), v.finite())),
    places: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  }),
  create({ shift, places }, { items, objective, ratingRange: [low, high] }) {
    const moved = (places ?? Math.max(1, items >> 1)) % items;
    return {
      kind: "label-shift",
      ratings(own): UserRatings {
        if (objective === "ranking") {
          return { items: own.items.map((item) => (item + moved) % items).sort(), values: own.values.slice() };
        }
        const label = (value: number): number => (shift === undefined ? low + high - value : Math.min(high, Math.max(low, value + shift)));
        return { items: own.items.slice(), values: own.values.map(label) };
      },
    };
  },
};
