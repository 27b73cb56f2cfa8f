/** Nonnegative factorization: a sweep by hand, factors that never turn negative, an objective that never rises. */
import { describe, expect, it } from "vitest";
import { sweepNonnegative } from "../../shared/math/nonnegative.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { nmf } from "../../shared/models/nmf.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

describe("a nonnegative sweep", () => {
  it("takes the steps worked by hand, at offsets", () => {
    // A = [[2, 1, 0], [1, 4, 1], [0, 1, 1]], b = (2, 3, -1), from (0, 1, 5):
    // x0 = (2 - 1) / 2, x1 = (3 - .5 - 5) / 4 below zero, x2 = -1 below zero.
    const a = Float64Array.of(9, 2, 1, 4, 0, 1, 1);
    const x = Float64Array.of(8, 0, 1, 5);
    sweepNonnegative(a, 1, Float64Array.of(7, 2, 3, -1), 1, x, 1, 3, 1);
    expect([...x]).toEqual([8, 0.5, 0, 0]);
    // Then x0 = 1, x1 = 2 / 4, x2 = -1.5 below zero.
    sweepNonnegative(a, 1, Float64Array.of(7, 2, 3, -1), 1, x, 1, 3, 1);
    expect([...x]).toEqual([8, 1, 0.5, 0]);
  });

  it("leaves entries alone that a spoiled matrix says nothing of", () => {
    const x = Float64Array.of(3, 4);
    sweepNonnegative(Float64Array.of(-1, 0, Number.NaN), 0, Float64Array.of(1, 1), 0, x, 0, 2, 3);
    expect([...x]).toEqual([3, 4]);
  });
});

describe("nonnegative matrix factorization", () => {
  const [rank, l2, items] = [3, 0.05, 12];
  const ratings = drawRatings({ users: 40, items, perUser: 6, feedback: "explicit", seed: 2 });
  const { options } = resolveSection([nmf], { kind: "nmf", rank, l2 }, "model");
  const model = nmf.create(options, { items, cohort: 40, ratingRange: [1, 5], globalMean: 3.4 });

  it("keeps every factor nonnegative and never lets a round raise its objective", () => {
    let last = Number.POSITIVE_INFINITY;
    for (let rounds = 1; rounds <= 12; rounds++) {
      const { state, parts } = federate(model, ratings, rounds, createRng(1));
      expect([...state.shared, ...parts.flatMap((part) => [...part.values])].every((value) => value >= 0)).toBe(true);
      let total = 0;
      for (let user = 0; user < ratings.users; user++) {
        const person = ratingsOf(ratings, user);
        const own = parts[user]!.values;
        for (const [at, item] of person.items.entries()) {
          const row = state.shared.subarray(item * rank, (item + 1) * rank);
          const product = row.reduce((sum, value, f) => sum + value * own[f]!, 0);
          total += (person.values[at]! - 1 - product) ** 2;
          for (let f = 0; f < rank; f++) total += l2 * (row[f]! ** 2 + own[f]! ** 2);
        }
      }
      expect(total).toBeLessThanOrEqual(last * (1 + 1e-12));
      last = total;
    }
  });

  it("predicts the global mean for someone without ratings", () => {
    const nobody = { items: new Int32Array(0), values: new Float64Array(0) };
    const opened = model.open(model.initialize(createRng(1)).shared);
    const scores = new Float64Array(items);
    model.score(opened, model.fit(opened, model.createPrivate(nobody, createRng(1)), nobody, createRng(1)), scores);
    expect([...scores]).toEqual(new Array(items).fill(3.4));
  });
});
