/** Clusters: membership by left-out choices, gradients in the own group's columns alone, groups that are found. */
import { describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { dot } from "../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { clustered } from "../../shared/models/clustered.ts";
import { drawFactors } from "../../shared/models/descent.ts";
import { fcf } from "../../shared/models/fcf.ts";
import type { Model } from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const items = 14;
const people = drawRatings({ users: 30, items, perUser: 5, feedback: "implicit", seed: 4 });

function build(options: object, catalogue = items): Model {
  return clustered.create(parseConfig(clustered.options, { kind: "clustered", ...options }, "model"), { items: catalogue, cohort: 30 });
}

function contribute(model: Model, shared: Float64Array, person: UserRatings, size: number): { out: Float64Array; group: number } {
  const out = new Float64Array(size).fill(Number.NaN);
  const initial = model.createPrivate(person, createRng(2));
  const { private: part } = model.contribute(model.open(shared), initial, person, createRng(3), out);
  return { out, group: part.values[0]! };
}

it("is fcf, bit for bit, with one group", () => {
  const model = build({ rank: 2, commonRank: 3 });
  const twin = fcf.create(parseConfig(fcf.options, { kind: "fcf", rank: 5 }, "model"), { items, cohort: 30 });
  const trained = federate(model, people, 5, createRng(1));
  const expected = federate(twin, people, 5, createRng(1));
  expect(trained.state).toEqual(expected.state);
  for (const [user, part] of trained.parts.entries()) expect(part.values.subarray(1)).toEqual(expected.parts[user]!.values);
});

describe("a device", () => {
  const [groups, rank, commonRank, l2, a0] = [3, 2, 1, 0.02, 0.4];
  const width = commonRank + groups * rank;
  const model = build({ groups, rank, commonRank, l2, unratedWeight: a0 });
  const shared = drawFactors(createRng(7), items, width, 0, 0.7);
  const person = ratingsOf(people, 4);
  const columns = (group: number): number[] => [0, commonRank + group * rank, commonRank + group * rank + 1];
  const tableOf = (group: number): Float64Array =>
    Float64Array.from({ length: items * 3 }, (_, at) => shared[Math.floor(at / 3) * width + columns(group)[at % 3]!]!);
  const alone = fcf.create(parseConfig(fcf.options, { kind: "fcf", rank: 3, l2, unratedWeight: a0 }, "model"), { items, cohort: 1 });

  it("contributes to its group and to what is common, and exact zeros to all other groups", () => {
    const seen = new Set<number>();
    for (let user = 0; user < people.users; user++) {
      const { out, group } = contribute(model, shared, ratingsOf(people, user), items * width);
      seen.add(group);
      const expected = new Float64Array(items * 3);
      const ratings = ratingsOf(people, user);
      alone.contribute(alone.open(tableOf(group)), alone.createPrivate(ratings, createRng(1)), ratings, createRng(1), expected);
      for (let item = 0; item < items; item++) {
        for (let column = 0; column < width; column++) {
          const place = columns(group).indexOf(column);
          expect(out[item * width + column]).toBe(place < 0 ? 0 : expected[item * 3 + place]);
        }
      }
    }
    expect(seen.size).toBeGreaterThan(1);
  });

  it("picks the group whose items predict the choices that its solve has not seen", () => {
    const loss = (group: number): number => {
      const table = tableOf(group);
      const factorsOf = (own: UserRatings): Float64Array =>
        alone.fit(alone.open(table), alone.createPrivate(own, createRng(1)), own, createRng(1)).values;
      const all = factorsOf(person);
      let total = 0;
      for (let item = 0; item < items; item++) total += a0 * dot(all, 0, table, item * 3, 3) ** 2;
      for (const item of person.items) {
        // Without the choice, the penalty being that of all: `fit` of the others has n - 1 in its place, which l2 makes up for.
        const others = { items: person.items.filter((one) => one !== item), values: person.values.subarray(1) };
        const scaled = (l2 * (person.items.length + a0 * items)) / (others.items.length + a0 * items);
        const twin = fcf.create(parseConfig(fcf.options, { kind: "fcf", rank: 3, l2: scaled, unratedWeight: a0 }, "model"), {
          items,
          cohort: 1,
        });
        const part = twin.fit(twin.open(table), twin.createPrivate(others, createRng(1)), others, createRng(1));
        total += (1 - dot(part.values, 0, table, item * 3, 3)) ** 2;
      }
      return total;
    };
    const losses = [0, 1, 2].map(loss);
    expect(contribute(model, shared, person, items * width).group).toBe(losses.indexOf(Math.min(...losses)));
    expect(new Set(losses).size).toBe(3);
  });
});

it("may share less of its rows than all: every tensor of a contribution is made of items' rows", async () => {
  const terms = { id: "groups-1", items, rounds: 2, cohort: { size: 20, min: 10 }, protection: { kind: "open" } };
  for (const sharing of [
    { kind: "hashed-rows", share: 0.5 },
    { kind: "low-rank", rank: 2 },
  ]) {
    const run = await defineRun({ ...terms, model: { kind: "clustered", groups: 3, rank: 2, commonRank: 1 }, sharing });
    expect(run.contributionSize).toBe(items * 7);
    expect(run.sharing.size).toBeLessThanOrEqual(items * 3.5);
  }
});

it("finds groups that are there: people of two tastes part, and newcomers join their own", () => {
  // Alternating minimization ends in a poorer split from some starts, here from one of three.
  const catalogue = 40;
  const planted = plant(200, catalogue);
  const model = build({ groups: 2, rank: 3 }, catalogue);
  const { state, parts } = federate(model, planted, 40, createRng(6));
  const opened = model.open(state.shared);
  const groupOf = (person: UserRatings): number =>
    model.fit(opened, model.createPrivate(person, createRng(1)), person, createRng(1)).values[0]!;
  const purity = (groups: readonly number[]): number => {
    const same = groups.filter((group, user) => group === user % 2).length / groups.length;
    return Math.max(same, 1 - same);
  };
  expect(purity(parts.map(({ values }) => values[0]!))).toBeGreaterThan(0.95);
  const newcomers = plant(100, catalogue, 17);
  expect(purity(Array.from({ length: 100 }, (_, user) => groupOf(ratingsOf(newcomers, user))))).toBeGreaterThan(0.9);
});

/**
 * People of two kinds, even and odd. Each kind's tastes lie in a plane of its own, so that a table of few factors serves one kind or the other:
 * a person likes the items that lie in the direction of theirs, and the kinds see the items at different places.
 */
function plant(users: number, catalogue: number, seed = 9): RatingMatrix {
  const places = createRng(1, "places");
  const angles = Float64Array.from({ length: 2 * catalogue }, () => 2 * Math.PI * places.float());
  const rng = createRng(seed);
  const rowStart = new Int32Array(users + 1);
  const itemIndex: number[] = [];
  for (let user = 0; user < users; user++) {
    const direction = 2 * Math.PI * rng.float();
    for (let item = 0; item < catalogue; item++) {
      const likes = Math.cos(angles[(user % 2) * catalogue + item]! - direction) > 0.5;
      if (likes && rng.float() < 0.8) itemIndex.push(item);
    }
    rowStart[user + 1] = itemIndex.length;
  }
  return {
    users,
    items: catalogue,
    rowStart,
    itemIndex: Int32Array.from(itemIndex),
    values: new Float64Array(itemIndex.length).fill(1),
  };
}
