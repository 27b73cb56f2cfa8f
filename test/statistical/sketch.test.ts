/** Products from sketches: right in the mean over hashes, within the stated error, exact when everything is kept. */
import { describe, expect, it } from "vitest";
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import { multiplySketches, sketchRows } from "../../shared/math/sketch.ts";
import { createRng } from "../../shared/random.ts";

const people = 300;

/** A sparse table; rows differ in length by far, as people do. */
function drawTable(columns: number, seed: number): RatingMatrix {
  const rng = createRng(seed, "table");
  const rowStart = new Int32Array(people + 1);
  const items: number[] = [];
  const values: number[] = [];
  for (let person = 0; person < people; person++) {
    const share = person % 7 === 0 ? 0.5 : 0.08;
    for (let column = 0; column < columns; column++) {
      if (rng.float() >= share) continue;
      items.push(column);
      values.push(1 + 2 * rng.float());
    }
    rowStart[person + 1] = items.length;
  }
  return { users: people, items: columns, rowStart, itemIndex: Int32Array.from(items), values: Float64Array.from(values) };
}

const [a, b] = [drawTable(15, 1), drawTable(12, 2)];
const hashOf =
  (seed: number) =>
  (person: number): number =>
    createRng(seed, "hash", person).float();
const productOf = (count: number, seed: number): Float64Array =>
  multiplySketches(sketchRows(a, count, hashOf(seed)), sketchRows(b, count, hashOf(seed)));
const squares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);
const exact = productOf(people, 0);

describe("products from coordinated samples", () => {
  it("are exact when everything is kept", () => {
    const expected = new Float64Array(a.items * b.items);
    for (let person = 0; person < people; person++) {
      for (let i = a.rowStart[person]!; i < a.rowStart[person + 1]!; i++) {
        for (let j = b.rowStart[person]!; j < b.rowStart[person + 1]!; j++) {
          expected[a.itemIndex[i]! * b.items + b.itemIndex[j]!]! += a.values[i]! * b.values[j]!;
        }
      }
    }
    for (const [at, value] of exact.entries()) expect(value).toBeCloseTo(expected[at]!, 9);
  });

  it.each([10, 40, 120])("are right in the mean and within the bound, %i rows kept", (count) => {
    const hashes = 400;
    const mean = new Float64Array(exact.length);
    const spread = new Float64Array(exact.length);
    let error = 0;
    for (let seed = 1; seed <= hashes; seed++) {
      const estimate = productOf(count, seed);
      error += squares(estimate.map((value, at) => value - exact[at]!)) / hashes;
      for (const [at, value] of estimate.entries()) {
        mean[at]! += value / hashes;
        spread[at]! += (value - exact[at]!) ** 2 / hashes;
      }
    }
    expect(error).toBeLessThan((2 / (count - 1)) * squares(a.values) * squares(b.values));
    // And it does err: a sketch that kept everything would pass everything above.
    expect(error).toBeGreaterThan(0);
    for (const [at, value] of mean.entries()) expect(Math.abs(value - exact[at]!)).toBeLessThan(5 * Math.sqrt(spread[at]! / hashes) + 1e-9);
    // Of the whole product: errors of entries hang together, so this is the stricter test of the weights.
    const total = mean.reduce((sum, value) => sum + value, 0) / exact.reduce((sum, value) => sum + value, 0);
    expect(Math.abs(total - 1)).toBeLessThan(count < 40 ? 0.08 : 0.03);
  });

  it("keep few rows, and those that both keep far more often than by chance", () => {
    const [left, right] = [sketchRows(a, 40, hashOf(1)), sketchRows(b, 40, hashOf(1))];
    expect([left.kept.length, right.kept.length]).toEqual([40, 40]);
    const shared = (own: number, other: number): number => {
      const kept = new Set(sketchRows(b, 40, hashOf(other)).kept);
      return sketchRows(a, 40, hashOf(own)).kept.filter((person) => kept.has(person)).length;
    };
    // Long rows are long in both tables here, so that chance alone shares some.
    let [together, apart] = [0, 0];
    for (let seed = 1; seed <= 20; seed++) {
      together += shared(seed, seed);
      apart += shared(seed, seed + 100);
    }
    expect(together).toBeGreaterThan(1.5 * apart);
    expect(left.rows.values.length).toBeLessThan(a.values.length);
  });

  it("never keep empty rows, and refuse a sketch of one", () => {
    const empty = { ...a, rowStart: new Int32Array(people + 1), itemIndex: new Int32Array(0), values: new Float64Array(0) };
    expect(sketchRows(empty, 9, hashOf(1)).kept).toHaveLength(0);
    expect(squares(multiplySketches(sketchRows(empty, 9, hashOf(1)), sketchRows(b, 9, hashOf(1))))).toBe(0);
    expect(() => sketchRows(a, 1, hashOf(1))).toThrow(RangeError);
  });
});
