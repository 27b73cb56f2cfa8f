/** Values on a grid: formats of so many bits, rounding that is exact, unbiased, and within its range. */
import { describe, expect, it } from "vitest";
import { createRng, type NoiseRng, secureRng, simulationRng } from "../../../shared/random.ts";
import { encodedBits, encodeFixed } from "../../../shared/wire/fixed-point.ts";
import { formatOf, quantize } from "../../../shared/wire/quantize.ts";

const seeded = (seed: number): NoiseRng => simulationRng(createRng(seed, "coins"));

describe("formatOf", () => {
  it("takes as many bits as it is told, and reaches as far, to a step", () => {
    for (const maxAbs of [2 ** -10, 0.3, 1, 2, 3, 6, 1000, 2 ** 40]) {
      for (const bits of [2, 3, 4, 8, 12, 16, 24]) {
        const format = formatOf(bits, maxAbs);
        expect(encodedBits(format), `${bits} bits up to ${maxAbs}`).toBe(bits);
        expect(format.maxAbs).toBeLessThanOrEqual(maxAbs);
        expect(format.maxAbs).toBeGreaterThan(maxAbs - 2 ** -format.fractionBits - 1e-12 * maxAbs);
        expect(Number.isInteger(format.maxAbs * 2 ** format.fractionBits)).toBe(true);
      }
    }
    expect(formatOf(8, 2)).toEqual({ maxAbs: 1.984375, fractionBits: 6 });
    expect(formatOf(40, 2 ** -30).fractionBits).toBe(40);
  });
});

describe("quantize", () => {
  const format = formatOf(6, 2);

  it("leaves what is on the grid, clamps what is beyond it, and touches nothing before the first value", () => {
    for (const rounding of ["nearest", "stochastic"] as const) {
      const values = Float64Array.of(99, 0, 0.0625, -1.5, format.maxAbs, 7, -7);
      quantize(values, format, rounding, secureRng, 1);
      expect([...values]).toEqual([99, 0, 0.0625, -1.5, format.maxAbs, format.maxAbs, -format.maxAbs]);
    }
  });

  it("gives what fixed point carries without a loss, and leaves what is not finite for the seal to refuse", () => {
    const rng = createRng(3);
    for (const rounding of ["nearest", "stochastic"] as const) {
      const values = Float64Array.from({ length: 9000 }, () => rng.normal());
      const nearest = encodeFixed(values, format).integers;
      quantize(values, format, rounding, seeded(1));
      const { integers, clamped } = encodeFixed(values, format);
      expect(clamped).toBe(0);
      expect(values).toEqual(integers.map((integer) => integer * 2 ** -format.fractionBits));
      if (rounding === "nearest") expect(integers).toEqual(nearest);
      for (const [at, integer] of integers.entries()) expect(Math.abs(integer - nearest[at]!)).toBeLessThanOrEqual(1);
    }
    const bad = Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1);
    quantize(bad, format, "stochastic", secureRng);
    expect([...bad]).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 1]);
  });

  it("is right in the mean by coins, from both kinds of source, and not by nearest rounding", () => {
    const step = 2 ** -format.fractionBits;
    for (const [rng, share] of [
      [secureRng, 0.2],
      [seeded(2), 0.7],
    ] as const) {
      for (const sign of [1, -1]) {
        const value = sign * (3 + share) * step;
        const values = new Float64Array(40_000).fill(value);
        quantize(values, format, "stochastic", rng);
        const mean = values.reduce((sum, rounded) => sum + rounded, 0) / values.length;
        // Standard error of the mean; six of them.
        const error = step * Math.sqrt((share * (1 - share)) / values.length);
        expect(Math.abs(mean - value)).toBeLessThan(6 * error);
        expect(new Set(values).size).toBe(2);
        quantize(values.fill(value), format, "nearest", rng);
        expect(Math.abs(values[0]! - value)).toBeGreaterThan(20 * error);
      }
    }
  });
});
