/** The mean of a normal distribution cut off at zero, against an integral. */
import { describe, expect, it } from "vitest";
import { truncatedNormalMean } from "../../shared/math/truncated-normal.ts";

/** By Simpson's rule over [0, top], the density taken relative to its greatest value there. */
function integrated(mean: number, stddev: number): number {
  const peak = Math.max(0, mean);
  const top = peak + 12 * (mean < 0 ? Math.min(stddev, (4 * stddev * stddev) / -mean) : stddev);
  const steps = 100_000;
  let [mass, moment] = [0, 0];
  for (let step = 0; step <= steps; step++) {
    const x = (top * step) / steps;
    const part =
      (step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2) * Math.exp(((peak - mean) ** 2 - (x - mean) ** 2) / (2 * stddev ** 2));
    mass += part;
    moment += part * x;
  }
  return moment / mass;
}

describe("truncatedNormalMean", () => {
  it.each([-40, -9, -3, -2.001, -1.999, -1, 0, 0.5, 3, 7.999, 8.001, 20])("is the integral at a mean of %d standard deviations", (x) => {
    for (const stddev of [0.3, 1, 5]) {
      const expected = integrated(x * stddev, stddev);
      expect(Math.abs(truncatedNormalMean(x * stddev, stddev) / expected - 1)).toBeLessThan(x < -2 ? 1e-6 : 1e-8);
    }
  });

  it("is that of half a normal at 0, and the mean cut off without spread", () => {
    expect(truncatedNormalMean(0, 1)).toBeCloseTo(Math.sqrt(2 / Math.PI), 14);
    expect([truncatedNormalMean(-3, 0), truncatedNormalMean(3, 0)]).toEqual([0, 3]);
  });
});
