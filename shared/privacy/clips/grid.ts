/** The clip onto a grid of whole numbers, for integer noise. Imports the seam, flat, norm, errors, valibot. */
import * as v from "valibot";
import { CofactorError } from "../../errors.ts";
import { type ClipDefinition, sensitivityOf } from "./clip.ts";
import { clipFlat } from "./flat.ts";
import { exactSquareSum } from "./norm.ts";

/** Options of the grid clip. */
export interface GridOptions {
  readonly kind: "grid";
  /** L2 bound of a contribution, in the contribution's units. */
  readonly clipNorm: number;
  /** How many steps of the grid the bound spans. */
  readonly steps: number;
}

/**
 * The vector is scaled down to the bound less what rounding may add, then counted in steps of clipNorm / steps.
 *
 * Guarantees: whole numbers whose L2 norm is at most `steps`, checked in integers: rounding cannot have broken the bound that the noise
 * was sized for. The price is a bound tighter by half the root of the vector's size, in steps.
 */
export const grid: ClipDefinition<GridOptions> = {
  kind: "grid",
  summary: "The contribution is scaled down and rounded to whole steps, with an exact integer norm: for integer noise.",
  source: "Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387; the tightened bound as in jax_privacy",
  options: v.strictObject({
    kind: v.literal("grid"),
    clipNorm: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), 1),
    steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 40)), 2 ** 20),
  }),
  create({ clipNorm, steps }, { size }) {
    const tightened = steps - Math.sqrt(size) / 2;
    if (!(tightened > 0)) {
      throw new CofactorError(
        "CONFIG_INVALID",
        `clip "grid" expected more than ${Math.sqrt(size) / 2} steps for ${size} values, got ${steps}`,
      );
    }
    const unit = clipNorm / steps;
    const limit = BigInt(steps) ** 2n;
    return {
      kind: "grid",
      unit,
      clip(values) {
        if (values.length !== size) throw new RangeError(`"values" expected ${size} values, got ${values.length}`);
        // Adding zero makes a zero of minus zero.
        const counted = clipFlat(values, tightened * unit).map((value) => Math.round(value / unit) + 0);
        // The tightening leaves no way to exceed the limit but by rounding of the last places, and then nothing is sent.
        return exactSquareSum(counted) <= limit ? counted : new Float64Array(size);
      },
      sensitivity: (neighboring) => sensitivityOf(steps, neighboring),
    };
  },
};
