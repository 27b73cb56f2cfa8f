/** The area under the curve and its interval, beside published figures and by their definitions. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/random.ts";
import { aucOf } from "../../../simulations/attacks/auc.ts";

describe("AUC", () => {
  it("has DeLong's interval where scores are independent: the example of pauc's documents", () => {
    // https://github.com/srijitseal/pauc: AUC 0.708, 95 % interval 0.378 to 1.000 (cut at 1).
    const labels = Uint8Array.of(0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1);
    const scores = Float64Array.of(0.1, 0.35, 0.24, 0.8, 0.2, 0.85, 0.13, 0.85, 0.74, 0.58, 0.71, 0.25);
    const { auc, low, high } = aucOf(scores, labels);
    expect(auc).toBeCloseTo(0.708, 3);
    expect(low).toBeCloseTo(0.378, 3);
    expect(high).toBe(1);
  });

  it("is by hand: pairs on the right side, ties half, and the variance of their shares", () => {
    // Positives 3, 1 against 0, 1, 2: shares 1 and (1 + .5) / 3; negatives' shares 1, .75, .5.
    const { auc, low, high } = aucOf(Float64Array.of(3, 1, 0, 1, 2), Uint8Array.of(1, 1, 0, 0, 0));
    expect(auc).toBe(0.75);
    const variance = 0.125 / 2 + 0.0625 / 3;
    expect(high).toBe(1);
    expect(low).toBeCloseTo(0.75 - 1.959964 * Math.sqrt(variance), 6);
  });

  it("is wider for scores that hang together, and not fooled by saying everything twice", () => {
    const rng = createRng(3, "auc");
    const scores = Float64Array.from({ length: 60 }, (_, i) => rng.normal() + (i % 2));
    const labels = Uint8Array.from(scores, (_, i) => i % 2);
    const once = aucOf(scores, labels, Int32Array.from(scores.keys()));
    const repeated = <T>(values: ArrayLike<T>): T[] => [0, 1, 2, 3].flatMap(() => Array.from(values));
    const many = [Float64Array.from(repeated(scores)), Uint8Array.from(repeated(labels))] as const;
    const clustered = aucOf(...many, Int32Array.from(repeated([...scores.keys()])));
    expect(clustered.auc).toBeCloseTo(once.auc, 12);
    expect(clustered.low).toBeCloseTo(once.low, 12);
    expect(aucOf(...many).low).toBeGreaterThan(once.low + 0.02);
  });

  it("covers the truth as often as it says: persons with a taste of their own, chance .5", () => {
    let covered = 0;
    for (let trial = 0; trial < 400; trial++) {
      const rng = createRng(trial, "coverage");
      const scores: number[] = [];
      for (let person = 0; person < 12; person++) {
        const taste = 3 * rng.normal();
        for (let item = 0; item < 10; item++) scores.push(taste * (item % 2 === 0 ? rng.normal() : rng.normal()) + taste);
      }
      const labels = Uint8Array.from(scores, (_, i) => i % 2);
      const { low, high } = aucOf(
        Float64Array.from(scores),
        labels,
        Int32Array.from(scores, (_, i) => Math.floor(i / 10)),
      );
      if (low <= 0.5 && high >= 0.5) covered += 1;
    }
    // 380 expected; a normal interval without clusters is outside of both bounds' half far more often.
    expect(covered).toBeGreaterThan(362);
    expect(covered).toBeLessThan(396);
  });

  it("claims no certainty from few people who were all told right, or all wrong", () => {
    const scores = Float64Array.of(1, 0, 1, 0, 1, 0);
    const people = Int32Array.of(1, 1, 2, 2, 3, 3);
    const right = aucOf(scores, Uint8Array.of(1, 0, 1, 0, 1, 0), people);
    expect(right).toMatchObject({ auc: 1, high: 1 });
    // Three of three: the least chance is .025^(1/3).
    expect(right.low).toBeCloseTo(0.025 ** (1 / 3), 6);
    expect(aucOf(scores, Uint8Array.of(0, 1, 0, 1, 0, 1), people)).toMatchObject({ auc: 0, low: 0, high: 1 - right.low });
  });

  it("refuses labels of one kind, and one person alone", () => {
    expect(() => aucOf(Float64Array.of(1, 2), Uint8Array.of(1, 1))).toThrow("positives and negatives");
    expect(() => aucOf(Float64Array.of(1, 2), Uint8Array.of(1, 0), Int32Array.of(4, 4))).toThrow("positives and negatives");
  });
});
