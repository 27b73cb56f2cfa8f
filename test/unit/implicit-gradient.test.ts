/** A person's share of the implicit gradient, against the formula entry by entry. */
import { describe, expect, it } from "vitest";
import { writeItemGradient } from "../../shared/models/implicit-gradient.ts";
import { createRng } from "../../shared/random.ts";

const rank = 5;
const rng = createRng(1);
const draw = (length: number): Float64Array => Float64Array.from({ length }, () => rng.normal());

// Four items at a time and the rest: both ways and neither; rows as wide as the table, and wider with a gap.
describe.each([1, 3, 4, 8, 10])("%i items", (items) => {
  it.each([
    { width: rank, common: rank, shift: 0 },
    { width: 9, common: 2, shift: 4 },
  ])("are the formula's, bit for bit, in columns %j", (columns) => {
    const [factors, own] = [draw(items * rank), draw(rank)];
    const rated = Int32Array.of(0, items - 1).slice(0, items);
    const out = new Float64Array(items * columns.width).fill(9);
    writeItemGradient({ items, rank, l2: 0.1, unratedWeight: 0.3 }, factors, own, rated, out, columns);
    const expected = new Float64Array(items * columns.width).fill(9);
    for (let item = 0; item < items; item++) {
      let score = 0;
      for (let f = 0; f < rank; f++) score += own[f]! * factors[item * rank + f]!;
      for (let f = 0; f < rank; f++) {
        const q = factors[item * rank + f]!;
        let value = 2 * 0.3 * score * own[f]! + 2 * 0.1 * 0.3 * q;
        if (rated.includes(item)) value = value + 2 * (score - 1) * own[f]! + 2 * 0.1 * q;
        expected[item * columns.width + f + (f < columns.common ? 0 : columns.shift)] = value;
      }
    }
    expect([...out]).toEqual([...expected]);
  });
});
