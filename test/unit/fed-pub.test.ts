/** FED-PUB: the mix beside its definition, a mask that minimizes what it says, gradients of every group's table. */
import { describe, expect, it } from "vitest";
import { dot, gram } from "../../shared/math/linear.ts";
import { ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { drawFactors } from "../../shared/models/descent.ts";
import { fcf } from "../../shared/models/fcf.ts";
import { fedPub } from "../../shared/models/fed-pub.ts";
import { createMaskedSolve } from "../../shared/models/fed-pub-mask.ts";
import { createMixer, openGroups } from "../../shared/models/fed-pub-mix.ts";
import { createLeaveOutSolve, scoreLeftOut, solveAll } from "../../shared/models/implicit-leave-out.ts";
import { openImplicit, solveUser } from "../../shared/models/implicit-solve.ts";
import type { Model } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const [items, rank, groups, l2, a0] = [15, 4, 3, 0.02, 0.4];
const width = groups * rank;
const problem = { items, rank, l2, unratedWeight: a0 };
const people = drawRatings({ users: 25, items, perUser: 6, feedback: "implicit", seed: 6 });
const person = ratingsOf(people, 3);
const nobody: UserRatings = { items: new Int32Array(0), values: new Float64Array(0) };
const rows = drawFactors(createRng(7), items, width, 0, 0.7);
const tableOf = (group: number): Float64Array =>
  Float64Array.from({ length: items * rank }, (_, at) => rows[Math.floor(at / rank) * width + group * rank + (at % rank)]!);

function build(options: object): Model {
  const section = parseConfig(fedPub.options, { kind: "fed-pub", rank, l2, unratedWeight: a0, ...options }, "model");
  return fedPub.create(section, { items, cohort: 25 });
}

it("is fcf, but for rounding, with one group and no mask", () => {
  const model = build({});
  const twin = fcf.create(parseConfig(fcf.options, { kind: "fcf", rank, l2, unratedWeight: a0 }, "model"), { items, cohort: 25 });
  const { shared } = twin.initialize(createRng(1));
  const [out, expected] = [new Float64Array(items * rank), new Float64Array(items * rank)];
  for (let user = 0; user < people.users; user++) {
    const own = ratingsOf(people, user);
    model.contribute(model.open(shared), model.createPrivate(own, createRng(2)), own, createRng(3), out);
    twin.contribute(twin.open(shared), twin.createPrivate(own, createRng(2)), own, createRng(3), expected);
    for (const [at, value] of out.entries()) expect(value).toBeCloseTo(expected[at]!, 12);
  }
});

describe("the mix", () => {
  const mixer = createMixer(problem, groups, 5);
  const opened = openGroups(problem, groups, rows);
  const weights = new Float64Array(groups);

  it("weighs groups by the cosine of their scores, chosen items left out in turn, and the person's own choices", () => {
    const cosines = [0, 1, 2].map((group) => {
      const table = openImplicit(problem, tableOf(group));
      const solve = createLeaveOutSolve(rank);
      solveAll(solve, problem, table, person);
      const scores = Array.from({ length: items }, (_, item) =>
        person.items.includes(item)
          ? scoreLeftOut(solve, table.itemFactors, item * rank)
          : dot(solve.own, 0, table.itemFactors, item * rank, rank),
      );
      const inner = person.items.reduce((sum, item) => sum + scores[item]!, 0);
      return inner / Math.hypot(...scores) / Math.sqrt(person.items.length);
    });
    const total = cosines.reduce((sum, cosine) => sum + Math.exp(5 * cosine), 0);
    mixer.weigh(opened, person, weights);
    for (const [group, cosine] of cosines.entries()) {
      expect(Math.abs(cosine)).toBeLessThanOrEqual(1);
      expect(weights[group]).toBeCloseTo(Math.exp(5 * cosine) / total, 12);
    }
    expect(Math.max(...weights) - Math.min(...weights)).toBeGreaterThan(0.05);
  });

  it("is the weighted sum of the tables, with the Gram matrix of that sum", () => {
    weights.set([0.5, 0.2, 0.3]);
    const { itemFactors, weightedGram } = mixer.mix(opened, weights);
    for (const [at, value] of itemFactors.entries()) {
      const expected = [0, 1, 2].reduce((sum, group) => sum + weights[group]! * tableOf(group)[at]!, 0);
      expect(value).toBeCloseTo(expected, 13);
    }
    const expected = gram(itemFactors, items, rank, a0);
    for (const [cell, value] of weightedGram.entries()) expect(value).toBeCloseTo(expected[cell]!, 12);
  });

  it("is even for who has chosen nothing, and where likeness counts for nothing", () => {
    mixer.weigh(opened, nobody, weights);
    expect([...weights]).toEqual([1 / 3, 1 / 3, 1 / 3]);
    createMixer(problem, groups, 0).weigh(opened, person, weights);
    expect([...weights]).toEqual([1 / 3, 1 / 3, 1 / 3]);
  });
});

describe("the mask", () => {
  const shared = openImplicit(problem, tableOf(0));
  const solve = (l1: number, proximal: number): { own: Float64Array; mask: Float64Array } => {
    const { own, mask } = createMaskedSolve(problem, { l1, proximal })(shared, person);
    return { own: own.slice(), mask: mask.slice() };
  };

  /** The person's objective, term by term. */
  function objective(own: Float64Array, mask: Float64Array, l1: number, proximal: number): number {
    const n = person.items.length;
    let total = 0;
    for (let item = 0; item < items; item++) {
      let score = 0;
      for (let f = 0; f < rank; f++) score += own[f]! * mask[f]! * shared.itemFactors[item * rank + f]!;
      total += a0 * score ** 2 + (person.items.includes(item) ? (1 - score) ** 2 : 0);
    }
    for (let f = 0; f < rank; f++) {
      total += l2 * (n + a0 * items) * own[f]! ** 2 + n * l1 * Math.abs(mask[f]!) + n * proximal * (mask[f]! - 1) ** 2;
    }
    return total;
  }

  it("leaves the solve as it is where it is held to ones", () => {
    const { own, mask } = solve(0, 1e9);
    const plain = solveUser(problem, shared, person);
    for (let f = 0; f < rank; f++) {
      expect(mask[f]).toBeCloseTo(1, 8);
      expect(own[f]).toBeCloseTo(plain[f]!, 8);
    }
  });

  it.each([
    [0.02, 0.05],
    [0.05, 0.01],
    [0.002, 0.2],
  ])("lowers the whole objective, and no other factors lower it further (l1 %f, proximal %f)", (l1, proximal) => {
    const { own, mask } = solve(l1, proximal);
    const reached = objective(own, mask, l1, proximal);
    const ones = new Float64Array(rank).fill(1);
    expect(reached).toBeLessThan(objective(solveUser(problem, shared, person), ones, l1, proximal));
    for (let f = 0; f < rank; f++) {
      for (const step of [-1e-3, 1e-3]) {
        expect(
          objective(
            own.map((value, at) => (at === f ? value + step : value)),
            mask,
            l1,
            proximal,
          ),
        ).toBeGreaterThan(reached);
      }
    }
  });

  it("has exact zeros, the more the greater its weight: its regularizers have a gradient", () => {
    const zeros = (l1: number): number => solve(l1, 0.02).mask.filter((value) => value === 0).length;
    expect(zeros(0)).toBe(0);
    const counts = [0.001, 0.03, 0.1, 10].map(zeros);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts[3]).toBe(rank);
    expect(counts.some((count) => count > 0 && count < rank)).toBe(true);
  });
});

describe("a contribution", () => {
  it("is the slope of the person's loss along every group's table, mix and factors being fixed", () => {
    for (const mask of ["none", "factors"]) {
      const model = build({ groups, sharpness: 5, mask });
      const out = new Float64Array(items * width);
      const { private: part } = model.contribute(model.open(rows), model.createPrivate(person, createRng(2)), person, createRng(3), out);
      const loss = (at: number, step: number): number => {
        const moved = rows.slice();
        moved[at] = moved[at]! + step;
        const scores = new Float64Array(items);
        model.score(model.open(moved), part, scores);
        let total = 0;
        for (let item = 0; item < items; item++) {
          const isRated = person.items.includes(item);
          total += a0 * scores[item]! ** 2 + (isRated ? (1 - scores[item]!) ** 2 : 0);
          for (let f = 0; f < width; f++) {
            total += l2 * (a0 + (isRated ? 1 : 0)) * part.values[Math.floor(f / rank)]! * moved[item * width + f]! ** 2;
          }
        }
        return total;
      };
      for (let at = 0; at < out.length; at++) expect(out[at]).toBeCloseTo((loss(at, 1e-5) - loss(at, -1e-5)) / 2e-5, 6);
    }
  });

  it("depends on no part of an earlier round: whoever never took part is served as all are", () => {
    const model = build({ groups, mask: "factors" });
    const { state, parts } = federate(model, people, 4, createRng(1));
    const opened = model.open(state.shared);
    const fresh = model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(3));
    expect(model.fit(opened, parts[3]!, person, createRng(4)).values).toEqual(fresh.values);
  });
});
