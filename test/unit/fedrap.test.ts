/** FedRAP: a device's steps beside a slow reference, sparsity that is one, what a part holds, and who is judged by it. */
import { describe, expect, it } from "vitest";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { fedrap } from "../../shared/models/fedrap.ts";
import type { FedrapOptions } from "../../shared/models/fedrap-options.ts";
import { tableLimit } from "../../shared/models/fedrap-step.ts";
import type { Model, ModelShape } from "../../shared/models/model.ts";
import { drawSamples, shuffle } from "../../shared/models/negatives.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { federate } from "../support/federate.ts";
import { drawRatings } from "../support/ratings.ts";

const items = 9;
const person: UserRatings = { items: Int32Array.of(1, 4, 6), values: Float64Array.of(1, 1, 1) };

function resolve(options: object): FedrapOptions {
  return parseConfig(fedrap.options, { kind: "fedrap", rank: 3, negatives: 2, ...options }, "model");
}

function build(options: object, shape: Partial<ModelShape> = {}): Model<Float64Array> {
  return fedrap.create(resolve(options), { items, cohort: 1, ...shape }) as Model<Float64Array>;
}

const published = {
  personal: "items",
  learningRate: 0.5,
  itemLearningRate: 0.5,
  batchDecay: 0.95,
  roundDecay: 0.97,
  l2: 0.01,
  personalWeight: 0.05,
  personalPenalty: "similarity",
  l1: 0.2,
  sparsity: "subgradient",
  initialPersonalStddev: 1,
  tolerance: 0,
  localEpochs: 4,
};

/** Everything that a device holds, as plain numbers. */
interface Plain {
  w: number[];
  b: number;
  C: number[][];
  D: number[][];
}

/** The public code's training in plain steps: every gradient by its definition, sample by sample, decay on every row. */
function descendPlainly(start: Plain, options: FedrapOptions, seed: number, round: number): Plain {
  const { rank, batchSize, l2 } = options;
  const rng = createRng(seed);
  const samples = drawSamples(person, items, options.negatives, rng);
  const order = Int32Array.from(samples.items.keys());
  const now = structuredClone(start);
  const ramp = options.curriculum === "tanh" ? Math.tanh(round / 10) : 1;
  const isApart = options.personalPenalty === "similarity";
  const lambda = options.personalWeight * ramp;
  const mu = options.sparsity === "subgradient" ? options.l1 * ramp : 0;
  let decay = options.roundDecay ** round;
  for (let epoch = 0; epoch < options.localEpochs; epoch++) {
    if (order.length > batchSize) shuffle(order, rng);
    for (let from = 0; from < order.length; from += batchSize) {
      const batch = order.slice(from, from + batchSize);
      const n = batch.length;
      const gw = now.w.map(() => 0);
      let gb = 0;
      const gC = now.C.map((row) => row.map(() => 0));
      const gD = now.D.map((row) => row.map(() => 0));
      for (const sample of batch) {
        const j = samples.items[sample]!;
        const [c, d] = [now.C[j]!, now.D[j]!];
        const z = now.w.reduce((sum, w, f) => sum + w * (c[f]! + d[f]!), now.b);
        const e = (1 / (1 + Math.exp(-z)) - (sample < samples.chosen ? 1 : 0)) / n;
        gb += e;
        for (let f = 0; f < rank; f++) {
          const pull = (2 * lambda) / (n * rank);
          gw[f]! += e * (c[f]! + d[f]!);
          gC[j]![f]! += e * now.w[f]! + (isApart ? pull * (d[f]! - c[f]!) : 0) + (mu / (n * rank)) * Math.sign(c[f]!);
          gD[j]![f]! += e * now.w[f]! + (isApart ? -pull * (d[f]! - c[f]!) : pull * d[f]!);
        }
      }
      const step = (value: number, slope: number, rate: number): number => value - rate * decay * (slope + l2 * value);
      now.w = now.w.map((w, f) => step(w, gw[f]!, options.learningRate));
      now.b = step(now.b, gb, options.learningRate);
      now.C = now.C.map((row, j) => row.map((c, f) => step(c, gC[j]![f]!, options.itemLearningRate * items)));
      if (options.personal === "items")
        now.D = now.D.map((row, j) => row.map((d, f) => step(d, gD[j]![f]!, options.itemLearningRate * items * options.personalRate)));
      decay *= options.batchDecay;
    }
  }
  return now;
}

const rowsOf = (flat: ArrayLike<number>, rank: number): number[][] =>
  Array.from({ length: flat.length / rank }, (_, row) => Array.from({ length: rank }, (_, f) => flat[row * rank + f]!));

describe("a device's round", () => {
  it.each([
    published,
    { ...published, batchSize: 4 },
    { ...published, curriculum: "tanh", personalRate: 0.3 },
    { ...published, personal: "none", personalWeight: 0, batchSize: 4 },
    { ...published, personalPenalty: "norm", sparsity: "prox", initialPersonalStddev: 0 },
  ])("takes the steps of the public code, twice in a row: %o", (given) => {
    const options = resolve(given);
    const { rank } = options;
    const model = build(given);
    const { shared } = model.initialize(createRng(1));
    const out = new Float64Array(items * rank);
    // The first round, from the draw that every device begins with, gives the second a part to read.
    let part = model.contribute(shared, model.createPrivate(person, createRng(2)), person, createRng(3), out).private;
    const readPart = (values: Float64Array): Pick<Plain, "w" | "b" | "D"> => ({
      w: [...values.subarray(1, 1 + rank)],
      b: values[1 + rank]!,
      D: rowsOf(
        options.personal === "none"
          ? new Float32Array(items * rank)
          : new Float32Array(values.buffer, values.byteOffset + 8 * (rank + 2), items * rank),
        rank,
      ),
    });
    // D is kept in single precision, and all else sees its rounding.
    const digits = options.personal === "none" ? [12, 12] : [7, 5];
    for (const round of [1, 2]) {
      const expected = descendPlainly({ ...readPart(part.values), C: rowsOf(shared, rank) }, options, 10 + round, round);
      part = model.contribute(shared, part, person, createRng(10 + round), out).private;
      const got = readPart(part.values);
      const close = (values: readonly number[], wanted: readonly number[], precision: number): void => {
        for (const [at, value] of values.entries()) expect(value).toBeCloseTo(wanted[at]!, precision);
      };
      close([...got.w, got.b], [...expected.w, expected.b], digits[0]!);
      if (options.personal === "items") close(got.D.flat(), expected.D.flat(), digits[1]!);
      const table = [...out].map((difference, at) => shared[at]! + difference);
      close(table, expected.C.flat(), digits[1]!);
    }
  });

  it("stays finite where the published penalty has no bound", () => {
    const model = build({ ...published, l2: 0, personalWeight: 1e6, localEpochs: 400 });
    const { shared } = model.initialize(createRng(1));
    const out = new Float64Array(items * 3);
    const { private: part } = model.contribute(shared, model.createPrivate(person, createRng(2)), person, createRng(3), out);
    expect(part.values.every(Number.isFinite)).toBe(true);
    expect(out.every((value) => Math.abs(value) <= 2 * tableLimit)).toBe(true);
  });

  it("ends early when the mean loss no longer changes", () => {
    const passes = (tolerance: number): Float64Array => {
      const model = build({ ...published, tolerance, localEpochs: 40 });
      const { shared } = model.initialize(createRng(1));
      return model.contribute(shared, model.createPrivate(person, createRng(2)), person, createRng(3), new Float64Array(items * 3)).private
        .values;
    };
    expect(passes(10)).not.toEqual(passes(0));
  });

  it("refuses decay that would turn a row round", () => {
    expect(() => build({ l2: 1, itemLearningRate: 20 })).toThrow(/"model.l2" expected less than 0.0055/);
  });
});

describe("sparsity", () => {
  const zeros = (values: Float64Array): number => values.filter((value) => value === 0).length / values.length;
  const trained = (options: object): Float64Array => {
    const ratings = drawRatings({ users: 40, items: 30, perUser: 8, feedback: "implicit", seed: 3 });
    const settings = resolve({ rank: 4, itemLearningRate: 0.7, ...options });
    return federate(fedrap.create(settings, { items: 30, cohort: 40 }), ratings, 12, createRng(4)).state.shared;
  };

  it("is exact by the proximal step: entries within the threshold are zero, others lose it", () => {
    const model = build({ l1: 0.5, sparsity: "prox" });
    const shared = new Float64Array(items * 3).fill(1);
    const values = new Float64Array(items * 3);
    values.set([-1.2, -2.8, 2, -4]);
    const next = model.advance({ shared, state: new Float64Array(0), round: 0 }, { values, count: 2 });
    // Averages: .4, -.4, 2, -1, then 1.
    expect([...next.shared.subarray(0, 5)]).toEqual([0, 0, 1.5, -0.5, 0.5]);
  });

  it("grows with the penalty after training, and never comes of a subgradient", () => {
    expect(zeros(trained({ l1: 0 }))).toBe(0);
    expect(zeros(trained({ l1: 0.05 }))).toBeGreaterThan(0.1);
    expect(zeros(trained({ l1: 0.1 }))).toBeGreaterThan(zeros(trained({ l1: 0.05 })));
    expect(zeros(trained({ l1: 0.1, sparsity: "subgradient" }))).toBe(0);
  });
});

describe("a private part", () => {
  const model = build(published);
  const { shared } = model.initialize(createRng(1));
  const fresh = model.createPrivate(person, createRng(2));
  const { private: part } = model.contribute(shared, fresh, person, createRng(3), new Float64Array(items * 3));

  it("holds two entries of its table in a double, and none before it trains", () => {
    expect(fresh.values.length).toBe(3 + 2);
    expect(part.values.length).toBe(3 + 2 + Math.ceil((items * 3) / 2));
  });

  it("that took part scores as it is, a fresh one is fitted with the published table as it is", () => {
    expect(model.isJudgedAsTrained).toBe(true);
    expect(model.fit(shared, part, person, createRng(4)).values).toEqual(part.values);
    const fitted = model.fit(shared, fresh, person, createRng(4));
    const scores = new Float64Array(items);
    model.score(shared, fitted, scores);
    const others = [0, 2, 3, 5, 7, 8].map((item) => scores[item]!);
    for (const item of person.items) expect(scores[item]).toBeGreaterThan(Math.max(...others));
  });
});

describe("what public features are worth to a person", () => {
  const values = Float64Array.from({ length: items * 2 }, (_, at) => (at % 2 === 0 ? (person.items.includes(at / 2) ? 1 : 0) : 0.5));
  const options = { personal: "features", learningRate: 2 };

  it("carries over to items that the person never met", () => {
    const model = build(options, { itemFeatures: { count: 2, values } });
    const { shared } = model.initialize(createRng(1));
    expect([...shared.subarray(items * 3)]).toEqual([...values]);
    const unmet = values.slice();
    unmet[2 * 8] = 1;
    const changed = Float64Array.from([...shared.subarray(0, items * 3), ...unmet]);
    const part = model.fit(shared, model.createPrivate(person, createRng(2)), person, createRng(3));
    const [before, after] = [new Float64Array(items), new Float64Array(items)];
    model.score(shared, part, before);
    model.score(changed, part, after);
    expect(after[8]).toBeGreaterThan(before[8]! + 0.1);
    const next = model.advance({ shared, state: new Float64Array(0), round: 0 }, { values: new Float64Array(items * 3), count: 1 });
    expect(next.shared).toEqual(shared);
  });

  it("needs their values where the model begins", () => {
    expect(() => build(options, { itemFeatures: { count: 2 } }).initialize(createRng(1))).toThrow(
      /"itemFeatures" expected 2 values for each of 9 items/,
    );
  });
});
