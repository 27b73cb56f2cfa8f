/**
 * The rows of some items, drawn in public, other ones in every round: all devices send the same rows, touched or not. Imports the seam, rows,
 * random, valibot.
 *
 * The decoded sum has zeros where nothing was sent. Rows are sent as they are or, with `isUnbiased`, divided by the chance of being drawn: the
 * mean over rounds is then the whole sum, and its variance larger.
 *
 * Source: random masks of structured updates, Konecny et al. 2016, https://arxiv.org/abs/1610.05492
 */
import * as v from "valibot";
import { createRng } from "../random.ts";
import { rowTensors, specOf } from "./rows.ts";
import type { SharingDefinition } from "./sharing.ts";

/** Options of drawn rows. */
export interface SampledRowsOptions {
  readonly kind: "sampled-rows";
  /** Share of the items whose rows are sent in a round. */
  readonly share: number;
  readonly isUnbiased: boolean;
}

/** Some rows a round. */
export const sampledRows: SharingDefinition<SampledRowsOptions> = {
  kind: "sampled-rows",
  summary: "The rows of some items, drawn in public, other ones in every round.",
  source: "Konecny et al. 2016, https://arxiv.org/abs/1610.05492",
  options: v.strictObject({
    kind: v.literal("sampled-rows"),
    share: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)), 0.25),
    isUnbiased: v.optional(v.boolean(), false),
  }),
  create({ share, isUnbiased }, { items, contribution, label }) {
    const tensors = rowTensors("sampled-rows", contribution, items);
    const rows = Math.max(1, Math.round(share * items));
    const gain = isUnbiased ? items / rows : 1;
    const spec = specOf(tensors, ({ width }) => [rows, width]);
    const total = tensors.reduce((sum, { width }) => sum + width, 0);
    let known: { readonly round: number; readonly drawn: Int32Array } | undefined;
    const drawnIn = (round: number): Int32Array => {
      if (known?.round !== round) known = { round, drawn: drawRows(items, rows, label, round) };
      return known.drawn;
    };
    return {
      kind: "sampled-rows",
      size: rows * total,
      spec,
      encode(values, round) {
        const out = new Float64Array(rows * total);
        let to = 0;
        for (const { at, width } of tensors) {
          for (const item of drawnIn(round)) {
            out.set(values.subarray(at + item * width, at + (item + 1) * width), to);
            to += width;
          }
        }
        return out;
      },
      decode(sum, round) {
        const out = new Float64Array(items * total);
        let from = 0;
        for (const { at, width } of tensors) {
          for (const item of drawnIn(round)) {
            for (let i = 0; i < width; i++) out[at + item * width + i] = gain * sum[from + i]!;
            from += width;
          }
        }
        return out;
      },
      noiseGain: gain * Math.sqrt(rows / items),
      entryGain: 1,
    };
  },
};

/** `count` of the items, ascending, every set equally likely. Source: Floyd, in Bentley 1987. */
function drawRows(items: number, count: number, label: string, round: number): Int32Array {
  const rng = createRng(0, "sampled-rows", label, round);
  const chosen = new Set<number>();
  for (let last = items - count; last < items; last++) {
    const candidate = rng.below(last + 1);
    chosen.add(chosen.has(candidate) ? last : candidate);
  }
  return Int32Array.from(chosen).sort();
}
