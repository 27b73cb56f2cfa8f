/** Colluders that stay within the honest spread. Imports the seam and the normal distribution. */
import * as v from "valibot";
import { normalCdf } from "../../shared/privacy/numerics/normal.ts";
import type { AdversaryDefinition } from "./adversary.ts";
import { knowledge } from "./options.ts";

/** Options of a little is enough. */
export interface LittleOptions {
  readonly kind: "a-little-is-enough";
  /** Standard deviations from the mean; by default the most that still has enough honest devices further out, by the paper's formula. */
  readonly z?: number | undefined;
  /** Whose moments they know. */
  readonly knowledge: "colluders" | "everyone";
}

/**
 * All colluders send mean - z stddev, entry by entry, of what they would have sent if they were honest: as far as they may go while so many honest
 * devices lie further out that, with the colluders, these are the majority. Of n devices with m colluders these are s = floor(n / 2 + 1) - m, and z
 * is the quantile of (n - m - s) / (n - m).
 *
 * The formula takes entries for normally distributed. Where m is so small that z is negative, z is 0.
 */
export const littleIsEnough: AdversaryDefinition<LittleOptions> = {
  kind: "a-little-is-enough",
  summary: "Colluders send the mean less z standard deviations of their own honest vectors, within the spread of others.",
  source: "Baruch, Baruch, Goldberg 2019, https://arxiv.org/abs/1902.06156",
  options: v.strictObject({
    kind: v.literal("a-little-is-enough"),
    z: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0))),
    knowledge,
  }),
  create({ z, knowledge: watches }, { cohort, participants, devices }) {
    const colluders = Math.min(cohort - 1, Math.max(1, Math.round((cohort * devices) / participants)));
    const distance = z ?? littleZ(cohort, colluders);
    return {
      kind: "a-little-is-enough",
      watches,
      vector(values, { crowd }) {
        if (crowd === undefined) return;
        const { mean, stddev } = crowd;
        for (let i = 0; i < values.length; i++) values[i] = mean[i]! - distance * stddev[i]!;
      },
    };
  },
};

/** The paper's z for n devices, m of them colluders; at least 0, and finite where these are nearly all. */
export function littleZ(n: number, m: number): number {
  const supporters = Math.max(1, Math.floor(n / 2 + 1) - m);
  return Math.max(0, normalQuantile(Math.max(0.5, (n - m - supporters) / (n - m))));
}

/** Where the standard normal distribution function is `share`, by halving. @param share in [.5, 1) */
function normalQuantile(share: number): number {
  let low = 0;
  let high = 9;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalCdf(middle) < share) low = middle;
    else high = middle;
  }
  return low;
}
