/** Noise of the secure source has the stated scale, fresh and through a filter: 2/3 and 3/2 of it are refused. */
import { describe, expect, it } from "vitest";
import { bandedToeplitz } from "../../shared/privacy/matrix/banded-toeplitz.ts";
import { bufferedFactorization, optimizeBuffers } from "../../shared/privacy/matrix/blt.ts";
import type { Factorization, FactorizationContext } from "../../shared/privacy/matrix/factorization.ts";
import { identity } from "../../shared/privacy/matrix/identity.ts";
import { startNoise } from "../../shared/privacy/matrix/noise.ts";
import { secureNoise } from "../../shared/privacy/matrix/secure-source.ts";
import { squareRoot } from "../../shared/privacy/matrix/square-root.ts";
import { prefixSum } from "../../shared/privacy/matrix/workload.ts";
import { normalCdf } from "../../shared/privacy/numerics/normal.ts";
import { chiSquareDeviate, countDraws } from "../support/goodness.ts";
import { seededBytes } from "../support/seeded-bytes.ts";

const draws = 60_000;
const wrong = [2 / 3, 3 / 2];

/** How far fresh values of one standard deviation are from a normal of another: chi-square over bins of a quarter. */
function deviate(made: number, claimed: number): number {
  const values = new Float64Array(draws);
  secureNoise(seededBytes(91, made), made).draw(0, values);
  const edges = 20;
  const probabilities = Array.from({ length: 2 * edges }, (_, i) => normalCdf((i + 1 - edges) / 4) - normalCdf((i - edges) / 4));
  let next = 0;
  const counts = countDraws(() => Math.floor((4 * values[next++]!) / claimed), draws, -edges, edges - 1);
  return chiSquareDeviate(counts, probabilities, draws);
}

describe("fresh noise from the secure source", () => {
  it.each([1, 1.7, 3e-9, 5e11])("is normal of standard deviation %d, and not of 2/3 or 3/2 of it", (stddev) => {
    expect(Math.abs(deviate(stddev, stddev))).toBeLessThan(4);
    for (const factor of wrong) expect(deviate(stddev, factor * stddev)).toBeGreaterThan(20);
  });

  it("lies on the grid that it states, fine beside the noise, and is never the same twice", () => {
    const source = secureNoise(seededBytes(92), 1.7);
    const [first, again] = [new Float64Array(1000), new Float64Array(1000)];
    source.draw(3, first);
    source.draw(3, again);
    expect(first).not.toEqual(again);
    expect(Math.log2(source.step)).toBe(-36);
    for (const value of first) expect(Number.isSafeInteger(value / source.step)).toBe(true);
    expect(first.some((value) => (value / source.step) % 2 !== 0)).toBe(true);
  });

  it("is nothing at 0, and refused where it is no standard deviation", () => {
    const silent = secureNoise({ kind: "secure", bytes: () => expect.unreachable() }, 0);
    const out = Float64Array.of(1, 2);
    silent.draw(0, out);
    expect([...out, silent.step]).toEqual([0, 0, 0]);
    for (const stddev of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e-320]) {
      expect(() => secureNoise(seededBytes(93), stddev)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    }
  });
});

describe("correlated noise from the secure source", () => {
  const rounds = 12;
  const dimension = 4000;
  const context: FactorizationContext = {
    workload: prefixSum(rounds),
    participation: { kind: "min-separation", participations: 2, separation: 6 },
    objective: "mean",
  };
  const kinds: readonly (readonly [string, Factorization])[] = [
    ["identity", identity.create({ kind: "identity" }, context)],
    ["square-root", squareRoot.create({ kind: "square-root" }, context)],
    ["banded-toeplitz", bandedToeplitz.create({ kind: "banded-toeplitz", bands: 4 }, context)],
    ["blt", bufferedFactorization(context.workload, optimizeBuffers(2, context))],
  ];

  /** Chi-square of the noise made independent again, in standard deviations from its mean. */
  function score(factorization: Factorization, made: number, claimed: number): number {
    const source = secureNoise(seededBytes(94, factorization.kind, made), made);
    const noise = startNoise({ factorization, source, dimension });
    expect(noise.security).toBe("secure");
    const rows = Array.from({ length: rounds }, (_, t) => noise.take(t + 1));
    let squares = 0;
    for (let row = 0; row < rounds; row++) {
      const weights = factorization.strategyRow(row);
      for (let c = 0; c < dimension; c++) {
        let fresh = 0;
        for (let j = 0; j <= row; j++) fresh += weights[j]! * rows[j]![c]!;
        squares += (fresh / claimed) ** 2;
      }
    }
    const count = rounds * dimension;
    return (squares - count) / Math.sqrt(2 * count);
  }

  it.each(kinds)("of %s has the stated scale, not 2/3 or 3/2 of it", (_, factorization) => {
    expect(Math.abs(score(factorization, 0.8, 0.8))).toBeLessThan(4);
    for (const factor of wrong) expect(Math.abs(score(factorization, 0.8 * factor, 0.8))).toBeGreaterThan(20);
  });
});
