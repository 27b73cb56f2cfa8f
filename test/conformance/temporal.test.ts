/**
 * What a model whose devices contribute differences guarantees, for every model that it is made of; the others are refused with a reason.
 */
import { describe, expect, it } from "vitest";
import { addInto } from "../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf, type UserRatings } from "../../shared/math/ratings.ts";
import { loadModels } from "../../shared/models/lazy.ts";
import { type Model, type ModelDefinition, type ModelShape, type ModelState, sizeOf, tensorOf } from "../../shared/models/model.ts";
import type { PrivatePart } from "../../shared/models/private-part.ts";
import { type OpenTemporal, withTemporal } from "../../shared/models/temporal.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";
import { describeModel } from "./model.ts";

const users = 40;
const items = 30;
const shape: ModelShape = { items, cohort: users, ratingRange: [1, 5], globalMean: 3.5 };
/** Fine enough that what is rounded cannot be told from what is not, to 1e-9. */
const fine = { maxAbs: 2 ** 10, fractionBits: 40 };
const everyone = { trainingRounds: 0, driftTolerance: 0, decay: 1 };

const definitions = await loadModels();
const options: Readonly<Record<string, readonly object[]>> = {
  als: [{ solver: "cg" }, { weighting: "none", l2: 2 }],
  "implicit-als": [{ solver: "cg" }, { rank: 3, unratedPower: 0.5 }],
};
const variants: readonly (readonly [ModelDefinition, object])[] = definitions.flatMap((definition) =>
  [{}, ...(options[definition.kind] ?? [])].map((variant) => [definition, variant] as const),
);
const build = (definition: ModelDefinition, variant: object): Model =>
  definition.create(parseConfig(definition.options, { kind: definition.kind, ...variant }, "model"), shape);
const summed = variants.filter(([definition, variant]) => build(definition, variant).statistics !== undefined);
const others = variants.filter(([definition, variant]) => build(definition, variant).statistics === undefined);
const named = (cases: typeof variants) =>
  cases.map(([definition, variant]) => [definition.kind, JSON.stringify(variant), definition, variant] as const);

/** What the devices and the server of a temporal run hold. */
interface Play {
  state: ModelState;
  readonly parts: PrivatePart[];
}

function begin(model: Model, people: readonly UserRatings[]): Play {
  const rng = createRng(3);
  return {
    state: model.initialize(rng.fork("initialize")),
    parts: people.map((own, user) => model.createPrivate(own, rng.fork("private", user))),
  };
}

/** A round of the given people. @param isCounted whether it is published */
function playRound(model: Model, play: Play, people: readonly UserRatings[], cohort: readonly number[], isCounted = true): void {
  const opened = model.open(play.state.shared);
  const sum = new Float64Array(sizeOf(model.parameters.contribution));
  const out = new Float64Array(sum.length);
  const next = cohort.map((user) => {
    const { private: part } = model.contribute(opened, play.parts[user]!, people[user]!, createRng(4, user), out);
    addInto(sum, out);
    return part;
  });
  if (!isCounted) return;
  for (const [at, user] of cohort.entries()) play.parts[user] = next[at]!;
  play.state = model.advance(play.state, { values: sum, count: cohort.length });
}

const allPeople = (ratings: RatingMatrix): UserRatings[] => Array.from({ length: ratings.users }, (_, user) => ratingsOf(ratings, user));
const feedbackOf = (model: Model) => (model.objective === "rating" ? "explicit" : "implicit");
const cohort = Array.from({ length: users }, (_, user) => user);
const greatestGap = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);

/** The first `count` ratings of each person. */
const firstOf = (people: readonly UserRatings[], count: number): UserRatings[] =>
  people.map(({ items: rated, values }) => ({ items: rated.slice(0, count), values: values.slice(0, count) }));

describe.each(named(summed))("a temporal %s %s", (_kind, _label, definition, variant) => {
  const inner = build(definition, variant);
  const ratings = drawRatings({ users, items, perUser: 9, feedback: feedbackOf(inner), seed: 5 });
  const people = allPeople(ratings);
  const size = sizeOf(inner.parameters.contribution);
  const latest = (model: Model, state: ModelState): Float64Array =>
    Float64Array.from(
      inner.parameters.contribution.flatMap(({ name }) => [...tensorOf(state.state, model.parameters.state, `latest:${name}`)]),
    );

  it("has statistics that are the contribution, bit for bit, from part and ratings alone", () => {
    const opened = inner.open(inner.initialize(createRng(1)).shared);
    const contributed = new Float64Array(size);
    const again = new Float64Array(size).fill(Number.NaN);
    for (const own of [...people.slice(0, 5), { items: new Int32Array(0), values: new Float64Array(0) }]) {
      const { private: part } = inner.contribute(opened, inner.createPrivate(own, createRng(2)), own, createRng(3), contributed);
      inner.statistics!(part, own, again);
      expect(again).toEqual(contributed);
    }
  });

  it("with everyone in each round is the plain model, to 1e-9", () => {
    const model = withTemporal(inner, everyone, fine);
    const plain = federate(inner, ratings, 6, createRng(9)).state;
    const temporal = federate(model, ratings, 6, createRng(9)).state;
    expect(greatestGap(temporal.shared.subarray(0, plain.shared.length), plain.shared)).toBeLessThan(1e-9);
    expect(tensorOf(temporal.state, model.parameters.state, "latest:people")[0]).toBe(users);
    expect(tensorOf(temporal.shared, model.parameters.shared, "advances")[0]).toBe(6);
  });

  it("keeps the sum of everyone's latest statistics bit for bit, whoever took part in 40 rounds, some of them abandoned", () => {
    const coarse = { maxAbs: 64, fractionBits: 12 };
    const model = withTemporal(inner, everyone, coarse);
    const play = begin(model, people);
    const rng = createRng(8);
    playRound(model, play, firstOf(people, 6), cohort);
    for (let round = 0; round < 40; round++) {
      const some = cohort.filter(() => rng.below(4) === 0);
      if (some.length > 0) playRound(model, play, firstOf(people, 6 + (round % 4)), some, rng.below(5) > 0);
    }
    // What they would send to somebody who knows nothing of them: recomputed from what each remembers.
    const expected = new Float64Array(size);
    const unrounded = new Float64Array(size);
    const out = new Float64Array(size);
    for (const part of play.parts) {
      const length = part.values[1]!;
      const count = (part.values.length - 2 - length) / 2;
      const rated = {
        items: Int32Array.from(part.values.slice(2 + length, 2 + length + count)),
        values: part.values.slice(2 + length + count),
      };
      const own = inner.createPrivate(rated, createRng(1));
      own.values.set(part.values.subarray(2, 2 + length));
      inner.statistics!(own, rated, out);
      for (let at = 0; at < size; at++) {
        const clamped = Math.max(-32, Math.min(32, out[at]!));
        unrounded[at] = unrounded[at]! + clamped;
        expected[at] = expected[at]! + (clamped < 0 ? -Math.round(-clamped * 4096) : Math.round(clamped * 4096)) / 4096;
      }
    }
    expect(greatestGap(latest(model, play.state), expected)).toBe(0);
    // After any number of rounds as near to the unrounded sum as one round of everyone is: half a step a person.
    expect(greatestGap(expected, unrounded)).toBeLessThanOrEqual(users / 2 / 4096);
    expect(greatestGap(expected, unrounded)).toBeGreaterThan(0);
    expect(tensorOf(play.state.state, model.parameters.state, "latest:people")[0]).toBe(users);
  });

  it("forgets as it says: each person's statistics weigh decay to the power of the rounds since", () => {
    const decay = 0.7;
    const model = withTemporal(inner, { trainingRounds: 0, driftTolerance: 0, decay }, fine);
    const play = begin(model, people);
    const countedAt = new Map<number, number>();
    const held = new Map<number, Float64Array>();
    const rng = createRng(10);
    for (let round = 1; round <= 12; round++) {
      const some = round === 1 ? cohort : cohort.filter(() => rng.below(5) === 0);
      if (some.length === 0) continue;
      const opened = model.open(play.state.shared) as { inner: unknown };
      for (const user of some) {
        const out = new Float64Array(size);
        const own = play.parts[user]!.values;
        const initial = inner.createPrivate(people[user]!, createRng(1));
        initial.values.set(own.subarray(2, 2 + own[1]!));
        inner.contribute(opened.inner, initial, people[user]!, createRng(4, user), out);
        held.set(user, out);
        countedAt.set(user, play.state.round + 1);
      }
      playRound(model, play, people, some);
    }
    const now = play.state.round;
    const expected = new Float64Array(size);
    let weight = 0;
    for (const [user, out] of held) {
      const left = decay ** (now - countedAt.get(user)!);
      weight += left;
      for (let at = 0; at < size; at++) expected[at] = expected[at]! + left * out[at]!;
    }
    expect(greatestGap(latest(model, play.state), expected)).toBeLessThan(1e-9);
    expect(tensorOf(play.state.state, model.parameters.state, "latest:people")[0]).toBeCloseTo(weight, 9);
  });

  it("has a device take part for new ratings, changed ones, or factors that moved, and not otherwise", () => {
    const model = withTemporal(inner, { trainingRounds: 0, driftTolerance: 0.5, decay: 1 }, fine);
    const play = begin(model, people);
    const rng = createRng(1);
    const opened = model.open(play.state.shared);
    const person = people[3]!;
    const isDue = (own: UserRatings, shared: OpenTemporal | undefined, part = play.parts[3]!) => model.isDue!(part, own, shared, rng);
    expect(isDue(person, undefined)).toBe(true);
    expect(isDue({ items: new Int32Array(0), values: new Float64Array(0) }, undefined)).toBe(false);
    for (let round = 0; round < 12; round++) playRound(model, play, people, cohort);
    const settled = model.open(play.state.shared);
    expect(isDue(person, undefined)).toBeUndefined();
    expect(isDue(person, settled)).toBe(false);
    expect(isDue({ ...person, values: person.values.map((value, at) => (at === 0 ? value + 1 : value)) }, undefined)).toBe(true);
    expect(isDue(firstOf([person], person.items.length - 1)[0]!, undefined)).toBe(true);
    // From the items as they were drawn, everything has moved; a device that minds any movement is due.
    expect(isDue(person, opened)).toBe(true);
    const settledAt = opened.advances + 12;
    const training = withTemporal(inner, { trainingRounds: settledAt + 1, driftTolerance: "any", decay: 1 }, fine);
    expect(training.isDue!(play.parts[3]!, person, undefined, rng)).toBeUndefined();
    expect(training.isDue!(play.parts[3]!, person, settled, rng)).toBe(true);
    const trained = withTemporal(inner, { trainingRounds: settledAt, driftTolerance: "any", decay: 1 }, fine);
    expect(trained.isDue!(play.parts[3]!, person, undefined, rng)).toBe(false);
    expect(trained.isDue!(play.parts[3]!, firstOf([person], 1)[0]!, undefined, rng)).toBe(true);
    const strict = withTemporal(inner, { trainingRounds: 0, driftTolerance: 0, decay: 1 }, fine);
    expect(strict.isDue!(play.parts[3]!, person, opened, rng)).toBe(true);
  });
});

describe.each(named(others))("%s %s", (_kind, _label, definition, variant) => {
  it("is refused with the reason and the nearest sound choice", () => {
    expect(() => withTemporal(build(definition, variant), everyone, fine)).toThrow(/sum of people's statistics.*nearest: model/);
  });
});

it("qualifies the models that contribute statistics of the item side", () => {
  expect(new Set(summed.map(([{ kind }]) => kind))).toEqual(new Set(["implicit-als", "als", "nmf", "graph-nmf"]));
});

it("refuses statistics that noise bounds by where the model stands", () => {
  for (const kind of ["als", "implicit-als"]) {
    const definition = definitions.find((candidate) => candidate.kind === kind)!;
    expect(() => withTemporal(build(definition, { noised: {} }), everyone, fine)).toThrow(/without noised/);
  }
});

for (const [definition, variant] of summed) {
  describeModel(
    {
      ...definition,
      create: (given, forShape) => {
        const { maxAbs, fractionBits } = definition.range(given, forShape);
        return withTemporal(
          definition.create(given, forShape),
          { trainingRounds: 0, driftTolerance: 0.05, decay: 0.95 },
          { maxAbs: 2 * maxAbs, fractionBits },
        );
      },
    },
    variant as Readonly<Record<string, unknown>>,
  );
}
