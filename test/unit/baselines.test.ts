import { describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { addInto } from "../../shared/math/linear.ts";
import { rankAmong } from "../../shared/math/metrics.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { models } from "../../shared/models/index.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import type { BaselineInput } from "../../simulations/baselines/baseline.ts";
import { trainCentralised } from "../../simulations/baselines/centralised.ts";
import { localOnly } from "../../simulations/baselines/local-only.ts";
import { popularity } from "../../simulations/baselines/popularity.ts";
import type { ScoresFor } from "../../simulations/evaluate.ts";
import type { Split } from "../../simulations/split.ts";
import { transpose } from "../../simulations/transpose.ts";
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
    const { scoresFor } = popularity.prepare(inputOf(small, { kind: "fcf" }));
    expect([...scoresOf(scoresFor, 0, 4)]).toEqual([1, 2, 0, 2]);
    expect([...scoresOf(scoresFor, 2, 4)]).toEqual([1, 2, 0, 2]);
  });

  it("predicts ratings by item means drawn towards the mean of all by five ratings", () => {
    // Mean of all 3; item 1: (4 + 3 + 5 * 3) / 7.
    const { scoresFor } = popularity.prepare(inputOf(small, { kind: "als" }));
    expect([...scoresOf(scoresFor, 0, 4)]).toEqual([20 / 6, 22 / 7, 3, 18 / 7]);
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

describe.each(models.map(({ kind }) => kind))("baselines of %s", (kind) => {
  const isRating = kind === "als" || kind === "biased-mf" || kind === "feature-ridge";
  const model = kind === "feature-ridge" ? { kind } : { kind, rank: 4 };
  const draw = (users: number): RatingMatrix =>
    drawRatings({ users, items: 150, perUser: 10, feedback: isRating ? "explicit" : "implicit", seed: 3 });
  const training = draw(60);

  it("trains a person alone, whatever else is in the data and in whatever order people are asked", () => {
    const { scoresFor } = localOnly.prepare(inputOf(training, model));
    const alone = scoresOf(scoresFor, 7, 150);
    scoresOf(scoresFor, 3, 150);
    expect(scoresOf(scoresFor, 7, 150)).toEqual(alone);
    expect(alone.every(Number.isFinite)).toBe(true);
    const others = { ...training, values: training.values.map((value, at) => (at < training.rowStart[7]! ? 1 : value)) };
    expect(scoresOf(localOnly.prepare(inputOf(others, model)).scoresFor, 7, 150)).toEqual(alone);
  });

  it("knows alone nothing of unseen items: a held-out choice stands no better than chance, though popularity finds it", () => {
    // Chance is 0.5; over 400 people the mean place strays from it by 0.0145 (one standard deviation).
    const { rest, heldOut } = leaveOneOut(draw(400));
    const input = inputOf(rest, model);
    expect(meanPlace(localOnly.prepare(input).scoresFor, rest, heldOut)).toBeGreaterThan(0.45);
    const counts = popularity.prepare(inputOf(rest, { kind: "fcf" }));
    expect(meanPlace(counts.scoresFor, rest, heldOut)).toBeLessThan(0.4);
  });

  it("trains centrally on the participants alone, to where summing their contributions comes from the same start", () => {
    const { run } = inputOf(training, model);
    const participants = Int32Array.of(0, 4, 5, 9, 20, 33, 58);
    const central = trainCentralised(run, training, participants, 5, 6).shared;
    let state = run.model.initialize(createRng(6, "model"));
    const parts = new Map<number, PrivatePart>();
    const values = new Float64Array(run.contributionSize);
    for (let round = 1; round <= 5; round++) {
      const sum = new Float64Array(values.length);
      for (const user of participants) {
        const person = ratingsOf(training, user);
        const part = parts.get(user) ?? run.model.createPrivate(person, createRng(6, "private", user));
        const draws = createRng(6, "contribute", round, user);
        parts.set(user, run.model.contribute(run.model.open(state.shared), part, person, draws, values).private);
        addInto(sum, values);
      }
      state = run.model.advance(state, { values: sum, count: participants.length });
    }
    for (let at = 0; at < central.length; at++) expect(central[at]).toBeCloseTo(state.shared[at]!, 9);
  });
});

/** What a baseline is given, with these ratings as training and nothing held out. */
function inputOf(training: RatingMatrix, model: { readonly kind: string; readonly rank?: number }): BaselineInput {
  const run = defineRun({
    id: "baselines",
    items: training.items,
    ratings: { range: [1, 5], globalMean: 3.4 },
    model,
    protection: { kind: "open" },
  });
  const none = { ...training, rowStart: new Int32Array(training.users + 1), itemIndex: new Int32Array(0), values: new Float64Array(0) };
  const split: Split = {
    kind: "leave-one-out",
    label: "test",
    training,
    validation: none,
    test: none,
    hash: "",
    counts: { training: training.values.length, validation: 0, test: 0, testUsers: 0, validationUsers: 0 },
    notes: [],
  };
  return { run, split, participants: Int32Array.from({ length: training.users }, (_, user) => user), rounds: 6, seed: 5 };
}

function scoresOf(scoresFor: ScoresFor, user: number, items: number): Float64Array {
  const out = new Float64Array(items);
  scoresFor(user, out);
  return out;
}

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
function meanPlace(scoresFor: ScoresFor, rest: RatingMatrix, heldOut: readonly (number | undefined)[]): number {
  const places: number[] = [];
  for (const [user, target] of heldOut.entries()) {
    if (target === undefined) continue;
    const own = new Set([...ratingsOf(rest, user).items, target]);
    const others = Int32Array.from({ length: rest.items }, (_, item) => item).filter((item) => !own.has(item));
    const [rank] = rankAmong(scoresOf(scoresFor, user, rest.items), Int32Array.of(target), others);
    places.push((rank!.above + (rank!.tied - 1) / 2) / others.length);
  }
  return places.reduce((sum, place) => sum + place, 0) / places.length;
}
