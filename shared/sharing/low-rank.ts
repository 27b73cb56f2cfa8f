/**
 * Rows seen from a few directions: of G, [items x width], a device sends A = G B', [items x rank], for a public B with orthonormal rows; the
 * aggregator reads A B. Only A is ever sent. Imports the seam, rows, scaling, random, valibot.
 *
 * With B drawn anew in every round the subspaces cover everything; drawn once, the model learns within one.
 *
 * `scaling` is the factor before A B. Low-rank adaptation has alpha / rank there, and its rank-stabilized variant alpha / sqrt(rank), for an alpha
 * that does not depend on rank. Here B is known, so both have a meaning of their own:
 * - `none`, 1: A B is what lies within the subspace, the nearest there is to G;
 * - `standard`, width / rank (alpha = width): the mean over rounds is all of G, and single rounds are the larger the fewer directions there are;
 * - `rs`, sqrt(width / rank) (alpha = sqrt(width)): A B has the squared norm of G in the mean, whatever the rank: learning rates keep.
 * They differ by a constant that is the same in all rounds: to an optimizer that divides by the size of its gradients (Adam, Yogi) they are one and
 * the same but for its epsilon; to SGD, and to models that add what they get, they are not.
 *
 * Source: selective aggregation of low-rank updates, Guo et al. 2025, https://arxiv.org/abs/2410.01463; random subspaces: Konecny et al. 2016,
 * https://arxiv.org/abs/1610.05492; rank-stabilized: Kalajdzievski 2023, https://arxiv.org/abs/2312.03732
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { createRng } from "../random.ts";
import { type RowTensor, rowTensors, specOf } from "./rows.ts";
import { type Scaling, scalingFactor } from "./scaling.ts";
import type { SharingDefinition } from "./sharing.ts";

/** Options of low-rank sharing. */
export interface LowRankOptions {
  readonly kind: "low-rank";
  /** Directions that are sent; tensors that are not wider are sent whole. */
  readonly rank: number;
  readonly redraw: "never" | "each-round";
  /** The factor before what is read: see above. */
  readonly scaling: Scaling;
}

/** A few directions of every row. */
export const lowRank: SharingDefinition<LowRankOptions> = {
  kind: "low-rank",
  summary: "Every row from a few public directions, other ones in every round.",
  source: "Guo et al. 2025, https://arxiv.org/abs/2410.01463",
  options: v.strictObject({
    kind: v.literal("low-rank"),
    rank: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1024)), 4),
    redraw: v.optional(v.picklist(["never", "each-round"]), "each-round"),
    scaling: v.optional(v.picklist(["none", "standard", "rs"]), "none"),
  }),
  create({ rank, redraw, scaling }, { items, contribution, label }) {
    const tensors = rowTensors("low-rank", contribution, items);
    if (tensors.every(({ width }) => width <= rank)) {
      const widest = Math.max(...tensors.map(({ width }) => width));
      throw new CofactorError(
        "CONFIG_INVALID",
        `sharing "low-rank" expected "rank" below ${widest}, the rows' width, got ${rank}; nearest: sharing all`,
      );
    }
    const sent = ({ width }: RowTensor): number => Math.min(rank, width);
    const size = items * tensors.reduce((sum, tensor) => sum + sent(tensor), 0);
    const whole = items * tensors.reduce((sum, { width }) => sum + width, 0);
    let known: { readonly round: number; readonly bases: readonly (Float64Array | undefined)[] } | undefined;
    const basesIn = (round: number): readonly (Float64Array | undefined)[] => {
      const key = redraw === "never" ? 0 : round;
      if (known?.round !== key) {
        const bases = tensors.map(({ name, width }) => (width <= rank ? undefined : drawBasis(rank, width, label, name, key)));
        known = { round: key, bases };
      }
      return known.bases;
    };
    const gainOf = ({ width }: RowTensor): number => (width > rank ? scalingFactor(scaling, width, rank) : 1);
    // Of A B an entry has gain^2 rank / width of the variance of A's, in the mean over entries and directions.
    const variance = tensors.reduce((sum, tensor) => sum + items * gainOf(tensor) ** 2 * sent(tensor), 0) / whole;
    return {
      kind: "low-rank",
      size,
      spec: specOf(tensors, (tensor) => [items, sent(tensor)]),
      encode(values, round) {
        const out = new Float64Array(size);
        const bases = basesIn(round);
        let to = 0;
        for (const [index, tensor] of tensors.entries()) {
          const { at, width } = tensor;
          const basis = bases[index];
          if (basis === undefined) out.set(values.subarray(at, at + items * width), to);
          else project(values, at, basis, width, rank, items, out, to);
          to += items * sent(tensor);
        }
        return out;
      },
      decode(sum, round) {
        const out = new Float64Array(whole);
        const bases = basesIn(round);
        let from = 0;
        for (const [index, tensor] of tensors.entries()) {
          const { at, width } = tensor;
          const basis = bases[index];
          if (basis === undefined) out.set(sum.subarray(from, from + items * width), at);
          else expand(sum, from, basis, width, rank, items, gainOf(tensor), out, at);
          from += items * sent(tensor);
        }
        return out;
      },
      noiseGain: Math.sqrt(variance),
      entryGain: Math.max(...tensors.map(({ width }) => (width > rank ? Math.sqrt(width) : 1))),
    };
  },
};

/** out = G B', row by row. */
function project(
  values: Float64Array,
  at: number,
  basis: Float64Array,
  width: number,
  rank: number,
  items: number,
  out: Float64Array,
  to: number,
): void {
  for (let item = 0; item < items; item++) {
    for (let r = 0; r < rank; r++) {
      let total = 0;
      for (let i = 0; i < width; i++) total += values[at + item * width + i]! * basis[r * width + i]!;
      out[to + item * rank + r] = total;
    }
  }
}

/** out = gain A B, row by row. */
function expand(
  sum: Float64Array,
  from: number,
  basis: Float64Array,
  width: number,
  rank: number,
  items: number,
  gain: number,
  out: Float64Array,
  at: number,
): void {
  for (let item = 0; item < items; item++) {
    for (let r = 0; r < rank; r++) {
      const factor = gain * sum[from + item * rank + r]!;
      for (let i = 0; i < width; i++) out[at + item * width + i] = out[at + item * width + i]! + factor * basis[r * width + i]!;
    }
  }
}

/** [rank x width] orthonormal rows, uniform over subspaces: normal vectors made orthogonal, twice for the roundings' sake. */
function drawBasis(rank: number, width: number, label: string, name: string, round: number): Float64Array {
  const rng = createRng(0, "low-rank", label, name, round);
  const basis = Float64Array.from({ length: rank * width }, () => rng.normal());
  for (let r = 0; r < rank; r++) {
    const row = basis.subarray(r * width, (r + 1) * width);
    for (let pass = 0; pass < 2; pass++) {
      for (let earlier = 0; earlier < r; earlier++) {
        const other = basis.subarray(earlier * width, (earlier + 1) * width);
        const along = row.reduce((sum, value, i) => sum + value * other[i]!, 0);
        for (let i = 0; i < width; i++) row[i] = row[i]! - along * other[i]!;
      }
    }
    const norm = Math.hypot(...row);
    for (let i = 0; i < width; i++) row[i] = row[i]! / norm;
  }
  return basis;
}
