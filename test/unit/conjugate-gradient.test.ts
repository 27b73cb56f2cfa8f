/** Conjugate gradients: by hand, against the exact solution, and on what is no system of the kind; and inexact alternating least squares. */
import { describe, expect, it } from "vitest";
import { conjugateGradient, createCgSpace } from "../../shared/math/conjugate-gradient.ts";
import { gram, multiplyPacked, solveInPlace } from "../../shared/math/linear.ts";
import { ratingsOf } from "../../shared/math/ratings.ts";
import { als } from "../../shared/models/als.ts";
import { implicitAls } from "../../shared/models/implicit-als.ts";
import type { ModelDefinition } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const times =
  (packed: Float64Array, order: number) =>
  (v: Float64Array, out: Float64Array): void =>
    multiplyPacked(packed, 0, v, out, order);

describe("a packed product", () => {
  it("is that of the whole symmetric matrix", () => {
    // [[1, 2, 4], [2, 3, 5], [4, 5, 6]] (1, 10, 100).
    const out = new Float64Array(3).fill(9);
    multiplyPacked(Float64Array.of(7, 1, 2, 3, 4, 5, 6), 1, Float64Array.of(1, 10, 100), out, 3);
    expect([...out]).toEqual([421, 532, 654]);
  });
});

describe("conjugate gradients", () => {
  it("take the steps worked by hand", () => {
    // A = [[4, 1], [1, 3]], b = (1, 2), from (2, 1): residual (-8, -3), length 73 / 331.
    const x = Float64Array.of(2, 1);
    const A = times(Float64Array.of(4, 1, 3), 2);
    expect(conjugateGradient(A, Float64Array.of(1, 2), x, 1, createCgSpace(2))).toBe(true);
    expect(x[0]).toBeCloseTo(2 - (8 * 73) / 331, 12);
    expect(x[1]).toBeCloseTo(1 - (3 * 73) / 331, 12);
    const whole = Float64Array.of(2, 1);
    conjugateGradient(A, Float64Array.of(1, 2), whole, 2, createCgSpace(2));
    expect(whole[0]).toBeCloseTo(1 / 11, 12);
    expect(whole[1]).toBeCloseTo(7 / 11, 12);
  });

  it("come nearer with every step, to the exact solution in as many as there are unknowns", () => {
    const order = 8;
    const rng = createRng(3);
    const packed = gram(
      Float64Array.from({ length: 20 * order }, () => rng.normal()),
      20,
      order,
      1,
    );
    const b = Float64Array.from({ length: order }, () => rng.normal());
    const exact = b.slice();
    expect(solveInPlace(packed.slice(), 0, exact, 0, order)).toBe(true);
    const distance = (x: Float64Array): number => {
      const error = x.map((value, at) => value - exact[at]!);
      const image = new Float64Array(order);
      multiplyPacked(packed, 0, error, image, order);
      return error.reduce((sum, value, at) => sum + value * image[at]!, 0);
    };
    let last = Number.POSITIVE_INFINITY;
    for (let steps = 0; steps <= order; steps++) {
      const x = new Float64Array(order);
      conjugateGradient(times(packed, order), b, x, steps, createCgSpace(order));
      expect(distance(x)).toBeLessThan(last);
      last = distance(x);
    }
    expect(last).toBeLessThan(1e-18);
  });

  it("leave a solution as it is, and refuse a matrix that is not positive definite", () => {
    const solution = Float64Array.of(1, 2);
    expect(conjugateGradient(times(Float64Array.of(2, 0, 3), 2), Float64Array.of(2, 6), solution, 3, createCgSpace(2))).toBe(true);
    expect([...solution]).toEqual([1, 2]);
    for (const bad of [Float64Array.of(-2, 0, -3), Float64Array.of(Number.NaN, 0, 1)]) {
      const x = Float64Array.of(0, 0);
      expect(conjugateGradient(times(bad, 2), Float64Array.of(2, 6), x, 3, createCgSpace(2))).toBe(false);
      expect([...x]).toEqual([0, 0]);
    }
  });
});

it.each([
  [als, "explicit"],
  [implicitAls, "implicit"],
] as const)("inexact alternating least squares end where the exact ones do: %o", (definition: ModelDefinition, feedback) => {
  const ratings = drawRatings({ users: 60, items: 20, perUser: 8, feedback, seed: 4 });
  const train = (options: object): number[] => {
    const { options: resolved } = resolveSection([definition], { kind: definition.kind, rank: 2, ...options }, "model");
    const model = definition.create(resolved, { items: 20, cohort: 60, globalMean: 3 });
    const { state } = federate(model, ratings, 80, createRng(1));
    const opened = model.open(state.shared);
    return Array.from({ length: 60 }, (_, user) => {
      const person = ratingsOf(ratings, user);
      const scores = new Float64Array(20);
      model.score(opened, model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(3)), scores);
      return [...scores];
    }).flat();
  };
  const exact = train({});
  const inexact = train({ solver: "cg", cgSteps: 3 });
  const farthest = exact.reduce((most, score, at) => Math.max(most, Math.abs(score - inexact[at]!)), 0);
  expect(farthest).toBeLessThan(0.01);
});
