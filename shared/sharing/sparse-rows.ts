/**
 * The rows of the items that a device touched, filled up with others to a fixed number, row numbers in clear. Imports the seam, rows, secret-order,
 * errors, math, valibot.
 *
 * Touched is what is not zero in the contribution. The rows it is filled up with are drawn from a secret of the device, the same in every round:
 * new ones every time would leave the touched ones behind as those that always come. Who touched more rows than are sent leaves some out, always
 * the same. Models whose contributions are zero but for rated items (`als`, `biased-mf`, `fed-mf`, `nmf`) lose nothing else; of one that touches
 * everything (`fcf`) the rows are as good as drawn, other ones by every device.
 *
 * What it reveals. Of M items n are touched, k rows are sent. Given the sent rows every n of them are as likely as before relative to each other,
 * and all other sets are ruled out; the number n does not show. Where all sets of n items were equally likely, that is
 * log2 C(M, n) - log2 C(k, n) bits, and log2 C(M, k) - log2 C(n, k) for n > k: `revealedBits`. This is what row numbers tell to whoever sees no
 * values: of the length of a message nothing. Whoever reads the values, and under `open` that is the aggregator, tells added rows by their zeros:
 * all log2 C(M, n) bits, as under sharing `all`. Hence it saves bytes where the aggregator is trusted; it hides nothing from it.
 *
 * Masks and Paillier add up place by place what nobody reads, so that all devices would have to send the same rows: `sampled-rows` does that.
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import { log2Choose } from "../math/combinations.ts";
import { rowTensors, specOf } from "./rows.ts";
import { secretOrder } from "./secret-order.ts";
import type { Scattered, SharingDefinition } from "./sharing.ts";

/** Options of sparse rows. */
export interface SparseRowsOptions {
  readonly kind: "sparse-rows";
  /** Rows that every device sends. */
  readonly rows: number;
}

/** Touched rows and others. */
export const sparseRows: SharingDefinition<SparseRowsOptions> = {
  kind: "sparse-rows",
  summary: "The rows that a device touched, filled up to a fixed number; row numbers in clear, for trusted aggregators.",
  source: "rows of rated items alone: Chai et al. 2020 (PartText), https://arxiv.org/abs/1906.05108",
  options: v.strictObject({
    kind: v.literal("sparse-rows"),
    rows: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), 64),
  }),
  create({ rows: asked }, { items, contribution }) {
    const tensors = rowTensors("sparse-rows", contribution, items);
    const rows = Math.min(asked, items);
    const width = tensors.reduce((sum, tensor) => sum + tensor.width, 0);
    const size = rows * (1 + width);
    const sumSize = items * width;
    const scattered: Scattered = {
      places: rows,
      sumSize,
      check(part) {
        for (let i = 0; i < rows; i++) {
          const row = part[i]!;
          if (Number.isInteger(row) && row < items && row > (i === 0 ? -1 : part[i - 1]!)) continue;
          throw new CofactorError("UPDATE_REJECTED", `row numbers expected ascending integers below ${items}, number ${i} is not`);
        }
      },
      addInto(sum, part) {
        let from = rows;
        for (const tensor of tensors) {
          for (let i = 0; i < rows; i++) {
            const to = tensor.at + part[i]! * tensor.width;
            for (let j = 0; j < tensor.width; j++) sum[to + j] = sum[to + j]! + part[from + j]!;
            from += tensor.width;
          }
        }
      },
      touchedBy: (values) => touchedRows(values, tensors, items).reduce((sum, touched) => sum + touched, 0),
      revealedBits(touched) {
        const n = Math.min(touched, items);
        return n <= rows ? log2Choose(items, n) - log2Choose(rows, n) : log2Choose(items, rows) - log2Choose(n, rows);
      },
    };
    return {
      kind: "sparse-rows",
      size,
      spec: [{ name: "rows", shape: [rows] }, ...specOf(tensors, (tensor) => [rows, tensor.width])],
      encode(values, _round, lasting) {
        if (lasting?.length !== 32) throw new RangeError('"lasting" expected 32 secret bytes');
        const out = new Float64Array(size);
        const chosen = chooseRows(touchedRows(values, tensors, items), secretOrder(lasting, items), rows);
        out.set(chosen);
        let to = rows;
        for (const tensor of tensors) {
          for (const item of chosen) {
            out.set(values.subarray(tensor.at + item * tensor.width, tensor.at + (item + 1) * tensor.width), to);
            to += tensor.width;
          }
        }
        return out;
      },
      decode: (sum) => sum,
      noiseGain: 1,
      entryGain: 1,
      scattered,
    };
  },
};

/** Ascending: touched ones first, then others, both as the secret order has them. */
function chooseRows(isTouched: Uint8Array, order: Uint32Array, rows: number): Int32Array {
  // In one number, so that sorting calls nothing: touched or not, 28 bits of the order, 24 of the item.
  const keys = new Float64Array(order.length);
  for (let item = 0; item < keys.length; item++) keys[item] = ((1 - isTouched[item]!) * 2 ** 28 + (order[item]! >>> 4)) * 2 ** 24 + item;
  keys.sort();
  const chosen = new Int32Array(rows);
  for (let i = 0; i < rows; i++) chosen[i] = keys[i]! % 2 ** 24;
  return chosen.sort();
}

/** [items] 1 for the rows that are not zero throughout. */
function touchedRows(values: Float64Array, tensors: ReturnType<typeof rowTensors>, items: number): Uint8Array {
  const isTouched = new Uint8Array(items);
  for (const { at, width } of tensors) {
    for (let item = 0; item < items; item++) {
      let i = at + item * width;
      const end = i + width;
      while (i < end && values[i] === 0) i += 1;
      if (i < end) isTouched[item] = 1;
    }
  }
  return isTouched;
}
