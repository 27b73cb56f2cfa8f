import { describe, expect, it } from "vitest";
import { rankAmong } from "../../shared/math/metrics.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { models } from "../../shared/models/index.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Baseline } from "../../simulations/baselines/baseline.ts";
import { trainCentralised } from "../../simulations/baselines/centralised.ts";
import { localOnly } from "../../simulations/baselines/local-only.ts";
import { itemMeans, popularity } from "../../simulations/baselines/popularity.ts";
import { transpose } from "../../simulations/baselines/transpose.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const small: RatingMatrix = {
  users: 3,
  items: 4,
  rowStart: Int32Array.of(0, 2, 2, 5),
  itemIndex: Int32Array.of(1, 3, 0, 1, 3),
  values: Float64Array.of(4, 2, 5, 3, 1),
};

describe("popularity", () => {
  it("orders items by how many people chose them, for everyone alike", () => {
    const baseline = popularity(small);
    expect([...baseline.scores(0)]).toEqual([1, 2, 0, 2]);
    baseline.scores(1)[0] = 99;
    expect([...baseline.scores(2)]).toEqual([1, 2, 0, 2]);
  });

  it("predicts ratings by item means drawn towards the mean of all", () => {
    // Mean of all 3; item 1: (4 + 3 + 2 * 3) / 4.
    expect([...itemMeans(small, 2).scores(0)]).toEqual([11 / 3, 13 / 4, 3, 9 / 4]);
    expect([
      ...itemMeans({ ...small, users: 0, rowStart: Int32Array.of(0), itemIndex: new Int32Array(0), values: new Float64Array(0) }, 0).scores(
        0,
      ),
    ]).toEqual([0, 0, 0, 0]);
  });
});

describe("transpose", () => {
  it("exchanges people and items, and twice changes nothing", () => {
    expect(transpose(small)).toEqual({
      users: 4,
      items: 3,
      rowStart: Int32Array.of(0, 1, 3, 3, 5),
      itemIndex: Int32Array.of(2, 0, 2, 0, 2),
      values: Float64Array.of(5, 4, 3, 2, 1),
    });
    expect(transpose(transpose(small))).toEqual(small);
  });
});

describe.each(models.map((definition) => [definition.kind, definition] as const))("baselines of %s", (kind, definition) => {
  const options = resolveSection([definition], { kind, rank: 4 }, "model").options;
  const shape = { items: 150, cohort: 60, ratingRange: [1, 5] as const, globalMean: 3.4 };
  const model = definition.create(options, shape);
  const feedback = model.objective === "rating" ? "explicit" : "implicit";
  const training = drawRatings({ users: 60, items: 150, perUser: 10, feedback, seed: 3 });

  it("trains a person alone, whoever else there is and in whatever order people are asked", () => {
    const baseline = localOnly(model, training, 4, createRng(5));
    const later = baseline.scores(7);
    baseline.scores(3);
    expect(baseline.scores(7)).toEqual(later);
    expect(later.every(Number.isFinite)).toBe(true);
    const alone: RatingMatrix = { ...training, itemIndex: training.itemIndex.slice(), values: training.values.slice() };
    for (let at = 0; at < training.rowStart[7]!; at++) alone.values[at] = 1;
    expect(localOnly(model, alone, 4, createRng(5)).scores(7)).toEqual(later);
  });

  it("knows alone nothing of unseen items: a held-out choice stands no better than chance, though popularity finds it", () => {
    // Chance is 0.5; over 400 people the mean place strays from it by 0.0145 (one standard deviation).
    const { rest, heldOut } = leaveOneOut(drawRatings({ users: 400, items: 150, perUser: 10, feedback, seed: 3 }));
    expect(meanPlace(localOnly(model, rest, 6, createRng(5)), rest, heldOut)).toBeGreaterThan(0.45);
    expect(meanPlace(popularity(rest), rest, heldOut)).toBeLessThan(0.4);
  });

  it("trains centrally to where the federated run comes, from the same start", () => {
    const rng = createRng(6);
    const { state } = federate(model, training, 5, rng);
    const central = trainCentralised({
      section: options,
      shape,
      training,
      rounds: 5,
      initial: model.initialize(rng.fork("initialize")),
      rng,
    });
    for (let at = 0; at < state.shared.length; at++) expect(central.shared[at]).toBeCloseTo(state.shared[at]!, 9);
    expect(central.scores(2).length).toBe(150);
  });
});

/** Each person's ratings without one, drawn by seed, and that one; people with a single rating keep it and have none held out. */
function leaveOneOut(matrix: RatingMatrix): { readonly rest: RatingMatrix; readonly heldOut: readonly (number | undefined)[] } {
  const rng = createRng(9);
  const heldOut: (number | undefined)[] = [];
  const kept: number[] = [];
  const rowStart = new Int32Array(matrix.users + 1);
  for (let user = 0; user < matrix.users; user++) {
    const from = matrix.rowStart[user]!;
    const to = matrix.rowStart[user + 1]!;
    const out = to - from < 2 ? -1 : from + rng.below(to - from);
    heldOut.push(matrix.itemIndex[out]);
    for (let at = from; at < to; at++) if (at !== out) kept.push(at);
    rowStart[user + 1] = kept.length;
  }
  const itemIndex = Int32Array.from(kept, (at) => matrix.itemIndex[at]!);
  return { rest: { ...matrix, rowStart, itemIndex, values: Float64Array.from(kept, (at) => matrix.values[at]!) }, heldOut };
}

/** Mean place of the held-out items among the items that a person has not, 0 for the best and 1 for the last. */
function meanPlace(baseline: Baseline, rest: RatingMatrix, heldOut: readonly (number | undefined)[]): number {
  const places: number[] = [];
  for (const [user, target] of heldOut.entries()) {
    if (target === undefined) continue;
    const own = new Set([...ratingsOf(rest, user).items, target]);
    const others = Int32Array.from({ length: rest.items }, (_, item) => item).filter((item) => !own.has(item));
    const [rank] = rankAmong(baseline.scores(user), Int32Array.of(target), others);
    places.push((rank!.above + (rank!.tied - 1) / 2) / others.length);
  }
  return places.reduce((sum, place) => sum + place, 0) / places.length;
}
