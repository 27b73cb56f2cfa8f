/** The suite that every model passes. A new model is proved by its line in shared/models/index.ts: models.test.ts runs this for each. */
import { describe, expect, it } from "vitest";
import { rmse } from "../../shared/math/metrics.ts";
import { type RatingMatrix, ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import {
  type ItemFeatures,
  type ModelDefinition,
  type ModelShape,
  type ModelState,
  type ParameterSpec,
  sizeOf,
} from "../../shared/models/model.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const users = 60;
const items = 40;
const nobody: UserRatings = { items: new Int32Array(0), values: new Float64Array(0) };

/** What is particular about a model under the suite. */
export interface Expectations {
  readonly learnsNothing?: string;
  readonly learnsLittle?: string;
  readonly itemFeatures?: ItemFeatures;
}

/**
 * Proves the seam's guarantees for a model under the given options beside its defaults.
 * @param learnsNothing why the model is not asked to predict what was held out, where it cannot by its nature
 * @param learnsLittle why it is asked for a twentieth less held-out error only, not a seventh
 * @param itemFeatures public features of the suite's 40 items; none by default
 */
export function describeModel(
  definition: ModelDefinition,
  options: Readonly<Record<string, unknown>> = {},
  { learnsNothing, learnsLittle, itemFeatures }: Expectations = {},
): void {
  const resolved = parseConfig(definition.options, { kind: definition.kind, ...options }, "model");
  const shape: ModelShape = {
    items,
    cohort: users,
    ratingRange: [1, 5],
    globalMean: 3.5,
    ...(itemFeatures === undefined ? {} : { itemFeatures }),
  };
  const build = (given: ModelShape = shape) => definition.create(resolved, given);
  const model = build();
  const feedback = model.objective === "rating" ? "explicit" : "implicit";
  const ratings = drawRatings({ users, items, perUser: 12, feedback, seed: 5 });
  const contributionSize = sizeOf(model.parameters.contribution);
  const start = model.initialize(createRng(1));
  const own = ratingsOf(ratings, 7);
  const contributeOnce = (person: UserRatings, out: Float64Array, seed = 3) => {
    const initial = model.createPrivate(person, createRng(2));
    return model.contribute(model.open(start.shared), initial, person, createRng(seed), out);
  };

  const features = itemFeatures === undefined ? "" : ` with ${itemFeatures.count} item features`;
  describe(`model ${definition.kind} ${JSON.stringify(options)}${features}`, () => {
    it("says what it is, where it comes from, and has a default for every option", () => {
      expect(definition.summary.length).toBeGreaterThan(20);
      expect(definition.source).toMatch(/https:\/\//);
      expect(model.kind).toBe(definition.kind);
      expect(parseConfig(definition.options, resolved, "model")).toEqual(resolved);
      expect(() => parseConfig(definition.options, { kind: definition.kind, rnak: 3 }, "model")).toThrow(/rnak/);
    });

    it("has vectors of the sizes that its specs name, under names that occur once", () => {
      for (const spec of Object.values(model.parameters) as ParameterSpec[])
        expect(new Set(spec.map(({ name }) => name)).size).toBe(spec.length);
      expect(start.shared.length).toBe(sizeOf(model.parameters.shared));
      expect(start.state.length).toBe(sizeOf(model.parameters.state));
      expect(start.round).toBe(0);
    });

    it("overwrites the whole of `out`, with finite numbers inside its fixed-point range", () => {
      const out = new Float64Array(contributionSize).fill(Number.NaN);
      const { weight } = contributeOnce(own, out);
      expect(weight).toBe(1);
      const { maxAbs, fractionBits } = definition.range(resolved, shape);
      expect(Math.log2(maxAbs) % 1).toBe(0);
      expect(maxAbs * 2 ** fractionBits).toBeGreaterThanOrEqual(2 ** 19);
      expect(maxAbs * 2 ** fractionBits).toBeLessThanOrEqual(2 ** 23);
      for (const value of out) expect(Math.abs(value)).toBeLessThanOrEqual(maxAbs);
      expect(out.some((value) => value !== 0)).toBe(true);
    });

    it("writes to no argument but `out`", () => {
      const shared = start.shared.slice();
      const before = { items: own.items.slice(), values: own.values.slice() };
      const initial = model.createPrivate(own, createRng(2));
      const initialValues = initial.values.slice();
      const opened = model.open(start.shared);
      const out = new Float64Array(contributionSize);
      model.contribute(opened, initial, own, createRng(3), out);
      model.fit(opened, initial, own, createRng(4));
      model.score(opened, initial, new Float64Array(items));
      const sum = out.slice();
      const state = start.state.slice();
      model.advance(start, { values: sum, count: 1 });
      expect(start.shared).toEqual(shared);
      expect(start.state).toEqual(state);
      expect(sum).toEqual(out);
      expect(initial.values).toEqual(initialValues);
      expect({ items: own.items.slice(), values: own.values.slice() }).toEqual(before);
    });

    it("gives the same bits for the same arguments and seed, in whatever order people come and in another instance", () => {
      const first = new Float64Array(contributionSize);
      const again = new Float64Array(contributionSize);
      const part = contributeOnce(own, first).private;
      contributeOnce(ratingsOf(ratings, 8), again);
      expect(contributeOnce(own, again).private.values).toEqual(part.values);
      expect(again).toEqual(first);
      const other = build();
      const initial = other.createPrivate(own, createRng(2));
      other.contribute(other.open(other.initialize(createRng(1)).shared), initial, own, createRng(3), again);
      expect(again).toEqual(first);
    });

    it("keeps its private part in the type that has no wire form", () => {
      const { private: part } = contributeOnce(own, new Float64Array(contributionSize));
      expect(part).toBeInstanceOf(PrivatePart);
      expect(() => JSON.stringify(part)).toThrow(TypeError);
      expect(part.values.every(Number.isFinite)).toBe(true);
    });

    it("learns nothing from a person without ratings, and can score that person", () => {
      // Whoever they are and whatever is drawn for them, people without ratings contribute alike.
      const out = new Float64Array(contributionSize).fill(Number.NaN);
      const other = new Float64Array(contributionSize);
      contributeOnce(nobody, out, 3);
      contributeOnce(nobody, other, 4);
      expect(out).toEqual(other);
      const opened = model.open(start.shared);
      const scores = new Float64Array(items).fill(Number.NaN);
      model.score(opened, model.fit(opened, model.createPrivate(nobody, createRng(2)), nobody, createRng(5)), scores);
      expect(scores.every(Number.isFinite)).toBe(true);
    });

    it("scores chosen items as it scores all, and predicts ratings inside their range", () => {
      const opened = model.open(start.shared);
      const part = model.fit(opened, model.createPrivate(own, createRng(2)), own, createRng(4));
      const all = new Float64Array(items);
      model.score(opened, part, all);
      const chosen = Int32Array.of(39, 0, 17);
      const some = new Float64Array(3);
      model.score(opened, part, some, chosen);
      expect([...some]).toEqual([all[39], all[0], all[17]]);
      if (model.objective === "rating") for (const score of all) expect(score >= 1 && score <= 5).toBe(true);
    });

    it("gives a vector for each item, where items have any: finite, within the published numbers, and written to by nobody", () => {
      const opened = model.open(start.shared);
      const vectors = model.itemVectors?.(opened);
      if (vectors === undefined) return;
      const { values, length, stride } = vectors;
      expect(length).toBeGreaterThan(0);
      expect(stride).toBeGreaterThanOrEqual(length);
      expect(values.length).toBeGreaterThanOrEqual((items - 1) * stride + length);
      const before = values.slice();
      expect(before.every(Number.isFinite)).toBe(true);
      expect(model.itemVectors!(opened)).toEqual(vectors);
      expect(values).toEqual(before);
    });

    if (model.explain !== undefined) {
      it("explains scores exactly: what each rating adds, and what is left, is the score", () => {
        const trained = federate(model, ratings, 3, createRng(9)).state;
        // A range that clips nothing shows the sum itself.
        const wide = build({ ...shape, ratingRange: [-1e6, 1e6] });
        const opened = wide.open(trained.shared);
        const scores = new Float64Array(items);
        for (const person of [own, ratingsOf(ratings, 11), nobody]) {
          wide.score(opened, wide.fit(opened, wide.createPrivate(person, createRng(2)), person, createRng(4)), scores);
          for (let item = 0; item < items; item++) {
            const out = new Float64Array(person.items.length).fill(Number.NaN);
            const left = wide.explain!(opened, person, item, out);
            expect(Math.abs(out.reduce((sum, share) => sum + share, left) - scores[item]!)).toBeLessThan(
              1e-9 * Math.max(1, Math.abs(scores[item]!)),
            );
            if (person === nobody) expect(left).toBeCloseTo(scores[item]!, 9);
          }
        }
        // What is left is nobody's: the same for everyone, where there is no rating to take it from.
        expect(wide.explain!(opened, own, 3, new Float64Array(own.items.length))).toBeCloseTo(
          wide.explain!(opened, nobody, 3, new Float64Array(0)),
          9,
        );
      });
    }

    it("stays finite when noise has spoiled the sum", () => {
      const rng = createRng(6);
      let state: ModelState = start;
      for (let round = 0; round < 3; round++) {
        state = model.advance(state, { values: Float64Array.from({ length: contributionSize }, () => 100 * rng.normal()), count: 3 });
        expect(state.round).toBe(round + 1);
        expect(state.shared.every(Number.isFinite)).toBe(true);
        expect(state.state.every(Number.isFinite)).toBe(true);
      }
    });

    it("works for a catalogue of one item, for someone who rated all of it, and with nothing known of the ratings", () => {
      const { count = 0, values = new Float64Array(0) } = itemFeatures ?? {};
      const known = itemFeatures === undefined ? {} : { itemFeatures: { count, values: values.slice(0, count) } };
      const small = build({ items: 1, cohort: 1, ...known });
      const person: UserRatings = { items: Int32Array.of(0), values: Float64Array.of(1) };
      const { state } = federate(
        small,
        { users: 1, items: 1, rowStart: Int32Array.of(0, 1), itemIndex: person.items, values: person.values },
        2,
        createRng(1),
      );
      expect(state.shared.every(Number.isFinite)).toBe(true);
    });

    const reason = learnsNothing === undefined ? "" : ` (skipped: ${learnsNothing})`;
    it.skipIf(learnsNothing !== undefined)(`fits held-out ratings better than it did before training${reason}`, () => {
      const { training, test } = holdOut(drawRatings({ users: 300, items, perUser: 14, feedback, seed: 8 }));
      const before = judge(training, test, model.initialize(createRng(9).fork("initialize")));
      const after = judge(training, test, federate(model, training, 25, createRng(9)).state);
      expect(after).toBeLessThan((learnsLittle === undefined ? 0.85 : 0.95) * before);
    });
  });

  /** Held-out error: rmse, or the mean share of items that someone passed over but that score above a held-out choice. */
  function judge(training: RatingMatrix, test: RatingMatrix, state: ModelState): number {
    const opened = model.open(state.shared);
    const scores = new Float64Array(items);
    const predicted: number[] = [];
    let above = 0;
    let pairs = 0;
    for (let user = 0; user < training.users; user++) {
      const person = ratingsOf(training, user);
      model.score(opened, model.fit(opened, model.createPrivate(person, createRng(2)), person, createRng(4)), scores);
      const out = new Set([...person.items, ...ratingsOf(test, user).items]);
      for (const item of ratingsOf(test, user).items) {
        predicted.push(scores[item]!);
        for (let other = 0; other < items; other++) {
          if (out.has(other)) continue;
          pairs++;
          above += scores[other]! > scores[item]! ? 1 : scores[other] === scores[item] ? 0.5 : 0;
        }
      }
    }
    return model.objective === "rating" ? rmse(Float64Array.from(predicted), test.values) : above / pairs;
  }
}

/** About every fifth rating, drawn by seed, as the test part. */
function holdOut(ratings: RatingMatrix): { readonly training: RatingMatrix; readonly test: RatingMatrix } {
  const rng = createRng(11, "hold-out");
  const isTest = Array.from(ratings.values, () => rng.below(5) === 0);
  const select = (wanted: boolean): RatingMatrix => {
    const rowStart = new Int32Array(ratings.users + 1);
    const kept: number[] = [];
    for (let user = 0; user < ratings.users; user++) {
      for (let at = ratings.rowStart[user]!; at < ratings.rowStart[user + 1]!; at++) if (isTest[at] === wanted) kept.push(at);
      rowStart[user + 1] = kept.length;
    }
    const itemIndex = Int32Array.from(kept, (at) => ratings.itemIndex[at]!);
    return {
      users: ratings.users,
      items: ratings.items,
      rowStart,
      itemIndex,
      values: Float64Array.from(kept, (at) => ratings.values[at]!),
    };
  };
  return { training: select(false), test: select(true) };
}
