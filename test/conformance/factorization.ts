/** The suite that every factorization passes. Imports vitest, the seam and its parts. */
import { describe, expect, it } from "vitest";
import { errorVariances } from "../../shared/privacy/matrix/errors.ts";
import type { Factorization } from "../../shared/privacy/matrix/factorization.ts";
import { type CorrelatedNoise, resumeNoise, startNoise } from "../../shared/privacy/matrix/noise.ts";
import type { Participation } from "../../shared/privacy/matrix/participation.ts";
import { type NoiseSource, simulationNoise } from "../../shared/privacy/matrix/source.ts";
import { createRng } from "../../shared/random.ts";
import { bruteForce, denseRows, product } from "../support/matrix.ts";

/** Schemas small enough to try every pattern of. */
const schemas: readonly Participation[] = [
  { kind: "single" },
  { kind: "fixed-epoch", participations: 3, separation: 4 },
  { kind: "min-separation", participations: 2, separation: 4 },
  { kind: "min-separation", participations: 9, separation: 3 },
  { kind: "unrestricted", participations: 3 },
];

const dimension = 3;

/** What a factorization is excused from, with the reason. */
export interface FactorizationExcuses {
  /** Why its noise is not the inverse of its strategy. */
  readonly noInverse?: string;
}

/** Runs the suite. */
export function describeFactorization(name: string, factorization: Factorization, excuses: FactorizationExcuses = {}): void {
  const { rounds, workload } = factorization;
  const strategy = denseRows(factorization, "strategyRow");
  const noise = denseRows(factorization, "noiseRow");
  const drawn = source();
  const fresh = Array.from({ length: rounds }, (_, row) => draw(drawn, row));

  describe(`factorization ${name} of ${workload.name}, ${rounds} rounds`, () => {
    it("has a lower-triangular strategy with a positive diagonal, and lower-triangular noise", () => {
      for (let i = 0; i < rounds; i++) {
        expect(strategy[i * rounds + i]).toBeGreaterThan(0);
        for (let j = i + 1; j < rounds; j++) expect([strategy[i * rounds + j], noise[i * rounds + j]]).toEqual([0, 0]);
      }
      expect(strategy.every(Number.isFinite)).toBe(true);
    });

    it.skipIf(excuses.noInverse !== undefined)("adds noise by the inverse of its strategy", () => {
      const identity = product(strategy, noise, rounds);
      for (let at = 0; at < identity.length; at++) {
        expect(identity[at]).toBeCloseTo(at % (rounds + 1) === 0 ? 1 : 0, 9);
      }
    });

    it("states the errors that its noise makes", () => {
      const variances = errorVariances(workload, noise);
      const mean = variances.reduce((sum, variance) => sum + variance, 0) / rounds;
      expect(factorization.errors.max).toBeCloseTo(Math.sqrt(Math.max(...variances)), 9);
      expect(factorization.errors.rootMeanSquare).toBeCloseTo(Math.sqrt(mean), 9);
    });

    it("states a sensitivity that no admissible pattern exceeds, and that is reached where it says so", () => {
      for (const schema of schemas) {
        const { value, isExact } = factorization.sensitivity(schema);
        const { reached } = bruteForce(strategy, rounds, schema);
        expect(value).toBeGreaterThanOrEqual(reached * (1 - 1e-12));
        if (isExact) expect(value).toBeCloseTo(reached, 9);
      }
    });

    it.each([true, false])("streams its noise rows, from a source that draws again: %s", (isRepeatable) => {
      const stream = startNoise({ factorization, source: { ...drawn, isRepeatable }, dimension });
      for (let row = 0; row < rounds; row++) {
        const expected = new Float64Array(dimension);
        for (let j = 0; j <= row; j++) for (let c = 0; c < dimension; c++) expected[c]! += noise[row * rounds + j]! * fresh[j]![c]!;
        const got = stream.take(row + 1);
        for (let c = 0; c < dimension; c++) expect(got[c]).toBeCloseTo(expected[c]!, 9);
      }
      expect(() => stream.take(rounds + 1)).toThrow(RangeError);
    });

    it.each([true, false])("goes on bit for bit after export and import, from a source that draws again: %s", (isRepeatable) => {
      const parts = { factorization, source: { ...drawn, isRepeatable }, dimension };
      const whole = takeAll(startNoise(parts), 1, rounds);
      for (const stop of [0, Math.floor(rounds / 2), rounds]) {
        const first = startNoise(parts);
        const before = takeAll(first, 1, stop);
        const second = resumeNoise(parts, first.export());
        expect(second.nextRound).toBe(stop + 1);
        expect([...before, ...takeAll(second, stop + 1, rounds)]).toEqual(whole);
      }
    });

    it("never gives a round twice, and loses the noise of skipped rounds", () => {
      const parts = { factorization, source: drawn, dimension };
      const whole = takeAll(startNoise(parts), 1, rounds);
      const stream = startNoise(parts);
      expect(stream.take(4)).toEqual(whole[3]);
      for (const round of [1, 3, 4]) expect(() => stream.take(round)).toThrow(expect.objectContaining({ code: "REPLAYED" }));
      const resumed = resumeNoise(parts, stream.export());
      expect(() => resumed.take(4)).toThrow(expect.objectContaining({ code: "REPLAYED" }));
      expect(resumed.take(5)).toEqual(whole[4]);
    });
  });
}

function source(): NoiseSource {
  return simulationNoise(createRng(17, "matrix"), 1);
}

function draw(from: NoiseSource, row: number): Float64Array {
  const out = new Float64Array(dimension);
  from.draw(row, out);
  return out;
}

function takeAll(stream: CorrelatedNoise, from: number, to: number): Float64Array[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => stream.take(from + i));
}
