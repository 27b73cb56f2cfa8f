/** The tables that exact samplers draw by, checked in whole numbers: no place is drawn too seldom, none is kept too easily. */
import { describe, expect, it } from "vitest";
import { createRandomBits } from "../../../shared/privacy/samplers/bits.ts";
import { type ColumnTable, createColumnTable, type Weights } from "../../../shared/privacy/samplers/columns.ts";
import { gaussianWeights, gaussianWidthBits } from "../../../shared/privacy/samplers/discrete-gaussian.ts";
import { laplaceWeights, laplaceWidthBits } from "../../../shared/privacy/samplers/discrete-laplace.ts";
import { expBounds } from "../../../shared/privacy/samplers/exp.ts";
import { poissonWeights, poissonWidthBits } from "../../../shared/privacy/samplers/poisson.ts";
import { toRational } from "../../../shared/privacy/samplers/rational.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";

const bits = createRandomBits(seededBytes(41));
const precision = 400n;
/** Bounds of a place's weight in units of 2^-400. */
type Exact = (place: number, isAbove: boolean) => readonly [bigint, bigint];

interface Case {
  readonly name: string;
  readonly width: number;
  readonly weights: Weights;
  readonly exact: Exact;
}

function gaussian(stddev: number): Case {
  const { numerator, denominator } = toRational(stddev);
  return {
    name: `Gaussian ${stddev}`,
    width: 2 ** gaussianWidthBits(stddev),
    weights: gaussianWeights(bits, stddev),
    exact: (place) => expBounds({ numerator: (BigInt(place) * denominator) ** 2n, denominator: 2n * numerator ** 2n }, precision),
  };
}

function laplace(scale: number): Case {
  const { numerator, denominator } = toRational(scale);
  return {
    name: `Laplace ${scale}`,
    width: 2 ** laplaceWidthBits(scale),
    weights: laplaceWeights(bits, scale),
    exact: (place) => expBounds({ numerator: BigInt(place) * denominator, denominator: numerator }, precision),
  };
}

function poisson(mean: number): Case {
  const { numerator, denominator } = toRational(mean);
  const width = 2 ** poissonWidthBits(mean);
  const mode = BigInt(Math.floor(mean));
  return {
    name: `Poisson ${mean}`,
    width,
    weights: poissonWeights(bits, mean, width),
    exact(place, isAbove) {
      let [above, below] = [1n, 1n];
      for (let i = 1n; isAbove && i <= BigInt(place); i++) [above, below] = [above * numerator, below * denominator * (mode + i)];
      for (let i = 0n; !isAbove && i <= BigInt(place); i++) {
        [above, below] = [above * denominator * (mode > i ? mode - i : 0n), below * numerator];
      }
      const value = (above << precision) / below;
      return [value, value + 1n];
    },
  };
}

const cases: readonly Case[] = [
  ...[1e-9, 0.3, 1, 7.7, 15.999, 16, 31.9, 1000.1, 2 ** 36.5, 2 ** 40 - 2].map(gaussian),
  ...[1e-300, 0.4, 1, 15.99, 16, 33.3, 12345.678, 2 ** 30.5, 2 ** 40].map(laplace),
  ...[1e-9, 0.5, 1, 1.9, 77.7, 255.9, 256, 1023.5, 5000].map(poisson),
];

/** W_j u in units of 2^-400 (rounded to either side): what a place of the column is kept relative to. */
function heightOf({ masses, unit }: ColumnTable, column: number, isUp: boolean): bigint {
  const { numerator, denominator } = toRational(unit);
  const scaled = (BigInt(masses[column]!) * numerator) << precision;
  return scaled / denominator + (isUp ? 1n : 0n);
}

describe.each(cases)("the table of $name", ({ width, weights, exact }) => {
  const table = createColumnTable(weights, width);
  const { masses, cuts, aliases, sure } = table;

  it("gives each column exactly its share of 2^25, from buckets of equal size", () => {
    const shares = new Float64Array(128);
    for (let bucket = 0; bucket < 128; bucket++) {
      expect(cuts[bucket]).toBeGreaterThanOrEqual(0);
      expect(cuts[bucket]).toBeLessThanOrEqual(2 ** 25);
      shares[bucket]! += cuts[bucket]!;
      shares[aliases[bucket]!]! += 2 ** 25 - cuts[bucket]!;
    }
    expect(masses.reduce((sum, mass) => sum + mass, 0)).toBe(2 ** 25);
    expect(shares).toEqual(masses.map((mass) => 128 * mass));
  });

  it("is nowhere lower than the distribution, in columns and in blocks of the tail, on both sides", () => {
    for (const isAbove of [true, false]) {
      for (let column = 0; column < 127; column++) {
        expect(exact(column * width, isAbove)[1] <= heightOf(table, column, false), `column ${column}`).toBe(true);
      }
      for (const block of [0, 1, 2, 3, 10]) {
        const height = heightOf(table, 127, false) / BigInt(32 * 2 ** block);
        const [, high] = exact((127 + 16 * block) * width, isAbove);
        // Where the weight has no bits left in 400, its upper bound is 1 of them.
        if (high > 2n) expect(high <= height, `block ${block}`).toBe(true);
      }
    }
  });

  it("keeps without looking only what every place of the column would keep", () => {
    for (let column = 0; column < 128; column++) {
      if (sure[column] === 0) continue;
      expect(column).toBeLessThan(127);
      const last = (column + 1) * width - 1;
      const lowest = [exact(last, true)[0], exact(last, false)[0]].reduce((a, b) => (a < b ? a : b));
      expect((BigInt(sure[column]!) * heightOf(table, column, true)) >> 27n <= lowest, `column ${column}`).toBe(true);
    }
  });

  it("wastes few draws: the columns are little higher than the distribution", () => {
    const { unit } = table;
    for (let column = 0; column < 127; column++) {
      const own = Math.max(weights.weight(column * width, true), weights.weight(column * width, false));
      expect(masses[column]! * unit).toBeLessThan(own * 1.0001 + 300 * unit);
    }
  });
});
