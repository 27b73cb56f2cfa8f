/** The plain L2 clip of the whole vector. Imports the seam, norm, valibot. */
import * as v from "valibot";
import { type ClipDefinition, sensitivityOf } from "./clip.ts";
import { normOf, shrink } from "./norm.ts";

/** Options of the flat clip. */
export interface FlatOptions {
  readonly kind: "flat";
  /** L2 bound of a contribution, in the contribution's units. */
  readonly clipNorm: number;
}

/** Scales a vector that is too long down to the bound. */
export const flat: ClipDefinition<FlatOptions> = {
  kind: "flat",
  summary: "The whole contribution is scaled down to an L2 norm.",
  source: "Abadi et al. 2016, algorithm 1, https://arxiv.org/abs/1607.00133",
  options: v.strictObject({ kind: v.literal("flat"), clipNorm: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0)), 1) }),
  create: ({ clipNorm }, { size }) => ({
    kind: "flat",
    unit: 1,
    clip(values) {
      if (values.length !== size) throw new RangeError(`"values" expected ${size} values, got ${values.length}`);
      return clipFlat(values, clipNorm);
    },
    sensitivity: (neighboring) => sensitivityOf(clipNorm, neighboring),
  }),
};

/**
 * Scales a vector down so that its L2 norm is at most `clipNorm`.
 *
 * Shape: `values` [n], any n >= 0; not modified. Units: those of the values.
 * Guarantees: result norm <= clipNorm; direction kept; vectors whose norm is at most clipNorm (relative rounding 1e-15) are
 * returned bit for bit, as a copy.
 * Edge cases: a zero vector -> zeros; clipNorm 0 -> zeros; any NaN or infinity -> zeros, silently.
 * Privacy: `values` is secret and must not be logged; `clipNorm` is public.
 * Source: Abadi et al. 2016, algorithm 1, https://arxiv.org/abs/1607.00133
 *
 * @example clipFlat(Float64Array.of(3, 4), 10) // [3, 4]
 */
export function clipFlat(values: Float64Array, clipNorm: number): Float64Array {
  const norm = normOf(values);
  if (norm <= clipNorm) return values.slice();
  const factor = (clipNorm / norm) * shrink;
  return Number.isFinite(norm) ? values.map((value) => value * factor) : new Float64Array(values.length);
}
