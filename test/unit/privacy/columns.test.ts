/** Rejection from columns: what settles a draw never changes it, and a shape that it cannot serve is refused. */
import { describe, expect, it } from "vitest";
import { createRandomBits, type RandomBits } from "../../../shared/privacy/samplers/bits.ts";
import { columnDraw, type Weights } from "../../../shared/privacy/samplers/columns.ts";
import { createDiscreteGaussian } from "../../../shared/privacy/samplers/discrete-gaussian.ts";
import { expOfMinus, isBelowExp } from "../../../shared/privacy/samplers/exp.ts";
import { chiSquareDeviate, countDraws } from "../../support/goodness.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";

/** exp(-place^2 / (2 variance)) on both sides, or exp(-place / 3) above: lopsided. */
function weightsOf(bits: RandomBits, variance: number, isLopsided: boolean, error = 2 ** -40): Weights & { exact: number } {
  const own = {
    exact: 0,
    weight: (place: number, isAbove: boolean) => expOfMinus(isLopsided && isAbove ? place / 3 : (place * place) / (2 * variance)),
    error: () => error,
    isBelow(word: number, place: number, isAbove: boolean, divisor: Parameters<Weights["isBelow"]>[3]) {
      own.exact += 1;
      const at = BigInt(place);
      const gamma = isLopsided && isAbove ? { numerator: at, denominator: 3n } : { numerator: at * at, denominator: BigInt(2 * variance) };
      return isBelowExp(bits, word, gamma, divisor);
    },
  };
  return own;
}

describe("draws from columns", () => {
  it.each([
    ["of 4 places", 2, 5000],
    ["of 2 places", 1, 2500],
    ["of 64 places", 6, 2_000_000],
  ] as const)("are the same whether floating point or the exact way settles them: columns %s", (_, widthBits, variance) => {
    const drawn = [2 ** -40, 0.9].map((error) => {
      const bits = createRandomBits(seededBytes(31, widthBits));
      const weights = weightsOf(bits, variance, false, error);
      const draw = columnDraw(bits, weights, widthBits, true);
      return { values: Array.from({ length: 4000 }, draw), exact: weights.exact };
    });
    expect(drawn[1]!.values).toEqual(drawn[0]!.values);
    expect(drawn[0]!.exact).toBe(0);
    expect(drawn[1]!.exact).toBeGreaterThan(50);
  });

  it("follow two sides of different shapes", () => {
    const bits = createRandomBits(seededBytes(32));
    const weights = weightsOf(bits, 50, true);
    const draw = columnDraw(bits, weights, 0, false);
    const reach = Array.from({ length: 200 }, (_, i) => i - 100);
    const mass = reach.map((x) => (x >= 0 ? weights.weight(x, true) : weights.weight(-x - 1, false)));
    const all = mass.reduce((sum, weight) => sum + weight, 0);
    const counts = countDraws(draw, 60_000, -100, 99);
    expect(
      Math.abs(
        chiSquareDeviate(
          counts,
          mass.map((weight) => weight / all),
          60_000,
        ),
      ),
    ).toBeLessThan(4);
  });

  it("reach the tail as often as they should, by its blocks", () => {
    const bits = createRandomBits(seededBytes(33));
    // 127 columns of one place end at 6.35 scales.
    const weights: Weights = {
      weight: (place) => expOfMinus(place / 20),
      error: () => 2 ** -40,
      isBelow: (word, place, _, divisor) => isBelowExp(bits, word, { numerator: BigInt(place), denominator: 20n }, divisor),
    };
    const draw = columnDraw(bits, weights, 0, true);
    const counts = countDraws(() => Math.abs(draw()), 400_000, 127, 330);
    const probabilities = counts.map((_, i) => 2 * Math.exp(-(127 + i) / 20) * ((1 - Math.exp(-1 / 20)) / (1 + Math.exp(-1 / 20))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(500);
    expect(Math.abs(chiSquareDeviate(counts, probabilities, 400_000))).toBeLessThan(4);
  });

  it("are refused where the tail falls too slowly", () => {
    const bits = createRandomBits(seededBytes(34));
    expect(() => columnDraw(bits, weightsOf(bits, 1_000_000, false), 0, true)).toThrow(RangeError);
  });

  it("take two words, or three where columns are wide", () => {
    for (const [stddev, words] of [
      [100, 2],
      [1e9, 3],
    ] as const) {
      let bytes = 0;
      const inner = seededBytes(35);
      const counting = (length: number) => {
        bytes += length;
        return inner.bytes(length);
      };
      const sampler = createDiscreteGaussian({ kind: "secure", bytes: counting }, stddev);
      for (let i = 0; i < 50_000; i++) sampler.sample();
      expect(bytes / 50_000 / 4 / words).toBeGreaterThan(1);
      expect(bytes / 50_000 / 4 / words).toBeLessThan(1.1);
    }
  });
});
