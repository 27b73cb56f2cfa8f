/** exp(-gamma): the double within its bound, the whole numbers around it, and coins of its probability. */
import { describe, expect, it } from "vitest";
import { createRandomBits } from "../../../shared/privacy/samplers/bits.ts";
import { expBounds, expOfMinus, isBelowExp, mostGamma } from "../../../shared/privacy/samplers/exp.ts";
import { type Rational, toNumber, toRational } from "../../../shared/privacy/samplers/rational.ts";
import { createRng } from "../../../shared/random.ts";
import { seededBytes } from "../../support/seeded-bytes.ts";

const none: Rational = { numerator: 1n, denominator: 1n };

describe("exp of minus gamma", () => {
  it("in whole numbers encloses 1/e to its known digits, tightly", () => {
    const [low, high] = expBounds(none, 166n);
    // 50 digits of 1/e.
    const digits = 36_787_944_117_144_232_159_552_377_016_146_086_744_581_113_103_176n;
    expect(low * 10n ** 50n).toBeLessThan((digits + 1n) << 166n);
    expect(high * 10n ** 50n).toBeGreaterThan(digits << 166n);
    expect(high - low).toBeLessThanOrEqual(2n);
  });

  it("in whole numbers is consistent at every precision, up to huge exponents", () => {
    for (const gamma of [0, 1e-9, 0.3, 0.5, 1, 7.75, 63.9, 400, 1e18]) {
      const [low, high] = expBounds(toRational(gamma), 900n);
      for (const precision of [10n, 91n, 300n]) {
        const [coarseLow, coarseHigh] = expBounds(toRational(gamma), precision);
        expect(coarseLow << (900n - precision)).toBeLessThanOrEqual(high);
        expect(coarseHigh << (900n - precision)).toBeGreaterThanOrEqual(low);
        expect(coarseHigh - coarseLow).toBeLessThanOrEqual(2n);
      }
    }
  });

  it("as a double is within 2^-48 of the whole numbers", () => {
    const rng = createRng(36);
    for (let i = 0; i < 2000; i++) {
      const gamma = i < 100 ? i / 16 : mostGamma * rng.float() ** 2;
      const [low] = expBounds(toRational(gamma), 200n);
      const exact = toNumber({ numerator: low, denominator: 1n << 200n });
      expect(Math.abs(expOfMinus(gamma) / exact - 1), `${gamma}`).toBeLessThan(2 ** -48);
    }
    expect(expOfMinus(0)).toBe(1);
    for (const gamma of [mostGamma, 1e300, Number.POSITIVE_INFINITY]) expect(expOfMinus(gamma)).toBe(0);
  });

  it("is a coin's probability: certain where the word decides, right where it does not", () => {
    const bits = createRandomBits(seededBytes(37));
    const gamma = { numerator: 1n, denominator: 3n };
    const scaled = Math.exp(-1 / 3) * 2 ** 27;
    const word = Math.floor(scaled);
    expect(isBelowExp(bits, word - 1, gamma, none)).toBe(true);
    expect(isBelowExp(bits, word + 1, gamma, none)).toBe(false);
    let heads = 0;
    for (let i = 0; i < 4000; i++) if (isBelowExp(bits, word, gamma, none)) heads += 1;
    const probability = scaled - word;
    expect(Math.abs(heads / 4000 - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / 4000));
    // The same probability, halved twice by the divisor.
    const divisor = { numerator: 4n, denominator: 1n };
    expect(isBelowExp(bits, Math.floor(scaled / 4) - 1, gamma, divisor)).toBe(true);
    expect(isBelowExp(bits, Math.floor(scaled / 4) + 1, gamma, divisor)).toBe(false);
  });
});
