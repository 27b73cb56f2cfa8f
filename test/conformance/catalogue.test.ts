/** What a table whose items come and go guarantees, for every model that it is made of; those that it refuses are refused with a reason. */
import { describe, expect, it } from "vitest";
import { type Catalogue, emptyCatalogue, phase } from "../../shared/catalogue/catalogue.ts";
import { beginCatalogue, type CatalogueSetting, stepCatalogue } from "../../shared/catalogue/step.ts";
import { type CatalogueModel, withCatalogue } from "../../shared/catalogue/with-catalogue.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { loadModels } from "../../shared/models/lazy.ts";
import {
  type Model,
  type ModelDefinition,
  type ModelShape,
  type ModelState,
  type ParameterSpec,
  sizeOf,
} from "../../shared/models/model.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { drawRatings } from "../support/ratings.ts";
import { describeModel } from "./model.ts";

const users = 40;
const items = 30;
const few = 18;
/** Where each of the few items stands in the wider table: free rows lie between them. */
const rowOf = (item: number): number => item + Math.floor(item / 2);
const unit = 8;
const terms = { minCount: 2, decay: 0, keepCount: 1 };
const label = "films-1";

const definitions = await loadModels();
/** Options under which a model is another one to a table. */
const options: Readonly<Record<string, readonly object[]>> = {
  fcf: [{ optimizer: { kind: "sgd", momentum: 0.8, learningRate: 0.02 } }],
  "implicit-als": [{ solver: "cg" }],
  "fed-mf": [{ implicitFeedback: true, noiseVariance: 0 }],
  clustered: [{ groups: 3, rank: 2, commonRank: 3 }],
  "fed-recon": [{ query: "random", solver: "descent", localSteps: 5 }],
  "fed-pub": [{ groups: 3, rank: 4, mask: "factors" }],
};
const variants: readonly (readonly [ModelDefinition, object])[] = definitions.flatMap((definition) =>
  [{}, ...(options[definition.kind] ?? [])].map((each) => [definition, each] as const),
);

function create(definition: ModelDefinition, options: object, size: number): Model {
  const shape: ModelShape = { items: size, cohort: users, ratingRange: [1, 5], globalMean: 3.5 };
  return definition.create(parseConfig(definition.options, { kind: definition.kind, ...options }, "model"), shape);
}

/** The model over a catalogue; undefined where it must be refused. */
function wrap(model: Model, size = items, wanted: object = terms): CatalogueModel | undefined {
  try {
    return withCatalogue(model, size, { ...terms, ...wanted }, unit);
  } catch (error) {
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("nearest: model") });
    return undefined;
  }
}

/** Everyone's contributions, summed. Each device's draws are its own, so that two tables draw alike as long as they ask alike. */
function sumOf(model: Model, state: ModelState, ratings: RatingMatrix, round: number): Float64Array {
  const shared = model.open(state.shared);
  const values = new Float64Array(sizeOf(model.parameters.contribution));
  const sum = new Float64Array(values.length);
  for (let user = 0; user < ratings.users; user++) {
    const own = ratingsOf(ratings, user);
    model.contribute(shared, model.createPrivate(own, createRng(2, user)), own, createRng(3, round, user), values);
    for (let at = 0; at < sum.length; at++) sum[at] = sum[at]! + values[at]!;
  }
  return sum;
}

/** A row of a table's published vector. */
function rowAt(model: Model, shared: Float64Array, row: number): number[] {
  const size = model.parameters.shared[0]!.shape[0]!;
  const width = sizeOf([model.parameters.shared[0]!]) / size;
  return [...shared.subarray(row * width, (row + 1) * width)];
}

/** They keep a network, or one matrix over features. */
const refused = ["ncf", "feature-ridge"];
/** They draw negatives, from another number of rows here and there. */
const drawing = ["bpr", "pfedrec", "fedrap"];

describe("a table whose items come and go", () => {
  it("is made of every model that keeps rows of items, and of no other", () => {
    const kinds = definitions.filter((definition) => wrap(create(definition, {}, items)) === undefined).map(({ kind }) => kind);
    expect(kinds).toEqual(refused);
    expect(wrap(create(definitions.find(({ kind }) => kind === "fcf")!, { optimizer: { kind: "smmf" } }, items))).toBeUndefined();
    const personal = { personal: "items" };
    expect(wrap(create(definitions.find(({ kind }) => kind === "fedrap")!, personal, items))).toBeUndefined();
  });
});

for (const [definition, options] of variants) {
  const model = wrap(create(definition, options, items));
  if (model === undefined) continue;
  const feedback = model.objective === "rating" ? "explicit" : "implicit";
  const ratings = drawRatings({ users, items: few, perUser: 8, feedback, seed: 4 });
  const spread: RatingMatrix = { ...ratings, items, itemIndex: ratings.itemIndex.map(rowOf) };

  describe(`a table of ${definition.kind} ${JSON.stringify(options)}`, () => {
    it("moves its live rows as a table of these alone does", async () => {
      const plain = create(definition, options, few);
      // Rows on both sides of the live ones and between them are free.
      const started = await beginCatalogue(settingOf(model), names(items), createRng(5));
      const gaps = names(items).filter((_, row) => !Array.from({ length: few }, (_, item) => rowOf(item)).includes(row));
      const orders = gaps.map((id, seq) => ({ seq, kind: "remove" as const, id }));
      let { state } = await stepCatalogue(settingOf(model), started.catalogue, started.state, orders);
      let alone: ModelState = { ...plain.initialize(createRng(5)), round: 0 };
      pick(model, state.shared, plain, alone.shared);
      for (let round = 1; round <= 4; round++) {
        const sum = sumOf(plain, alone, ratings, round);
        const wide = new Float64Array(sizeOf(model.parameters.contribution));
        scatter(plain, sum, wide, model);
        if (!drawing.includes(definition.kind)) expect(withoutCounts(sumOf(model, state, spread, round))).toEqual(withoutCounts(wide));
        const aggregate = { count: users };
        alone = plain.advance(alone, { ...aggregate, values: sum });
        state = model.advance(state, { ...aggregate, values: wide });
        const seen = alone.shared.slice().fill(0);
        pick(model, state.shared, plain, seen);
        expect(seen).toEqual(alone.shared);
      }
    });

    it("counts whoever has an item, candidates included, and trains no candidate", async () => {
      const { catalogue, state } = await beginCatalogue(settingOf(model), names(few), createRng(5));
      const ordered = await stepCatalogue(settingOf(model), catalogue, state, [{ seq: 1, kind: "add", id: "new" }]);
      const row = ordered.catalogue.rows.get("new")!;
      expect(ordered.catalogue.phases[row]).toBe(phase.candidate);
      const own = { items: Int32Array.of(0, row), values: Float64Array.of(1, 1) };
      const out = new Float64Array(sizeOf(model.parameters.contribution));
      const shared = model.open(ordered.state.shared);
      model.contribute(shared, model.createPrivate(own, createRng(1)), own, createRng(2), out);
      const counts = out.subarray(out.length - items);
      expect([...counts].flatMap((value, at) => (value === 0 ? [] : [[at, value]]))).toEqual([
        [0, unit],
        [row, unit],
      ]);
      const without = { items: Int32Array.of(0), values: Float64Array.of(1) };
      const other = new Float64Array(out.length);
      model.contribute(shared, model.createPrivate(without, createRng(1)), without, createRng(2), other);
      counts[row] = 0;
      expect(out).toEqual(other);
      // A device that lies about a row that is not live moves nothing but its count.
      out.fill(unit);
      const moved = model.advance(ordered.state, { values: out, count: 1 });
      for (const free of [row, items - 1]) expect(rowAt(model, moved.shared, free).every((value) => value === 0)).toBe(true);
    });

    it("admits by count, forgets by silence, and gives a reused row nothing of what was there", async () => {
      const timed = wrap(create(definition, options, items), items, { expireAfterRounds: 2 })!;
      const begun = await beginCatalogue(settingOf(timed), names(items), createRng(5));
      let { catalogue, state } = begun;
      const silent = 3;
      const advance = async (counted: (row: number) => number, orders: string[] = []): Promise<void> => {
        const values = Float64Array.from({ length: sizeOf(timed.parameters.contribution) }, (_, at) => Math.sin(at));
        for (let row = 0; row < items; row++) values[values.length - items + row] = unit * counted(row);
        const next = timed.advance(state, { values, count: 3 });
        const step = await stepCatalogue(
          settingOf(timed),
          catalogue,
          next,
          orders.map((id, seq) => ({ seq, kind: "add", id })),
        );
        ({ catalogue, state } = step);
      };
      await advance((row) => (row === silent ? 0 : 1));
      expect(catalogue.ids[silent]).toBe(`item-${silent}`);
      await advance((row) => (row === silent ? 0 : 1), ["new"]);
      expect([catalogue.rows.has(`item-${silent}`), catalogue.rows.get("new"), catalogue.phases[silent]]).toEqual([
        false,
        silent,
        phase.candidate,
      ]);
      expect(rowAt(timed, state.shared, silent).every((value) => value === 0)).toBe(true);
      await advance(() => 1);
      expect(catalogue.phases[silent]).toBe(phase.candidate);
      await advance(() => 2);
      expect(catalogue.phases[silent]).toBe(phase.live);
      expect(timed.phasesOf(state.shared)).toEqual(catalogue.phases);
      const row = rowAt(timed, state.shared, silent);
      const first = timed.initialize(createRng(9));
      expect(row).not.toEqual(rowAt(timed, first.shared, silent));
      expect(row.every(Number.isFinite)).toBe(true);
    });

    it("begins an optimizer's steps with the row, however old the run is", async () => {
      const plain = create(definition, options, items);
      const sizes = [sizeOf(plain.parameters.shared), sizeOf(plain.parameters.state)] as const;
      const given = sizeOf(plain.parameters.contribution);
      const begun = await beginCatalogue(settingOf(model), names(few), createRng(5));
      let { catalogue, state } = await stepCatalogue(settingOf(model), begun.catalogue, begun.state, [{ seq: 0, kind: "add", id: "new" }]);
      const sum = (seed: number, counted: number): Float64Array => {
        const rng = createRng(seed);
        const values = Float64Array.from({ length: sizeOf(model.parameters.contribution) }, () => Math.abs(rng.normal()));
        return values.fill(unit * counted, given);
      };
      for (let round = 1; round <= 4; round++) {
        const moved = model.advance(state, { values: sum(round, round === 4 ? 2 : 1), count: 3 });
        ({ catalogue, state } = await stepCatalogue(settingOf(model), catalogue, moved, []));
      }
      const row = catalogue.rows.get("new")!;
      expect(catalogue.phases[row]).toBe(phase.live);
      let alone: ModelState = {
        shared: state.shared.slice(0, sizes[0]),
        state: new Float64Array(sizes[1]),
        round: sizes[1] > 0 ? 0 : state.round,
      };
      for (let round = 5; round <= 7; round++) {
        const values = sum(round, 2);
        state = model.advance(state, { values, count: 3 });
        alone = plain.advance(alone, { values: values.subarray(0, given), count: 3 });
        expect(rowAt(model, state.shared, row)).toEqual(rowAt(plain, alone.shared, row));
      }
    });

    it("scores no row that is not live", async () => {
      const { state } = await beginCatalogue(settingOf(model), names(few), createRng(5));
      const shared = model.open(state.shared);
      const own = { items: Int32Array.of(1, 2), values: Float64Array.of(1, 1) };
      const scores = new Float64Array(items);
      const part = model.fit(shared, model.createPrivate(own, createRng(1)), own, createRng(2));
      model.score(shared, part, scores);
      expect(scores.subarray(0, few).every(Number.isFinite)).toBe(true);
      expect(scores.subarray(few).every(Number.isNaN)).toBe(true);
    });

    it("is the same bits for the same events", async () => {
      const runs = await Promise.all([1, 2].map(() => beginCatalogue(settingOf(model), names(few), createRng(5))));
      const next = await Promise.all(
        runs.map(({ catalogue, state }) => {
          const sum = sumOf(model, state, spread, 1);
          return stepCatalogue(settingOf(model), catalogue, model.advance(state, { values: sum, count: users }), [
            { seq: 0, kind: "add", id: "new" },
            { seq: 1, kind: "remove", id: "item-2" },
          ]);
        }),
      );
      expect(next[1]!.state).toEqual(next[0]!.state);
      expect(next[1]!.delta).toEqual(next[0]!.delta);
    });
  });
}

// With every item live from the start it is a model as any other.
for (const [definition, options] of variants) {
  if (wrap(create(definition, options, items)) === undefined) continue;
  describeModel(allLive(definition), { ...options });
}

function allLive(definition: ModelDefinition): ModelDefinition {
  return {
    ...definition,
    create(options, shape) {
      const inner = definition.create(options, shape);
      const model = withCatalogue(inner, shape.items, terms, definition.range(options, shape).maxAbs);
      const everyRow = [...Array(shape.items).keys()];
      const phases = new Uint8Array(shape.items).fill(phase.live);
      const mark = { version: 1, chain: "A".repeat(43), digest: "A".repeat(43) };
      const initialize: Model["initialize"] = (rng) =>
        model.place(model.initialize(rng), { cleared: [], admitted: everyRow, phases, mark }, rng);
      return { ...model, initialize } as Model;
    },
  };
}

function settingOf(model: CatalogueModel): CatalogueSetting {
  return { model, label, precision: "float64" };
}

/** All but the rows' counts, which stand at the end; zeros have no sign. */
function withoutCounts(contribution: Float64Array): Float64Array {
  return contribution.slice(0, -items).map((value) => value + 0);
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `item-${index}`);
}

/** Copies the few items' rows out of the wide table. */
function pick(wide: Model, from: Float64Array, narrow: Model, to: Float64Array): void {
  copyRows(wide.parameters.shared.slice(0, narrow.parameters.shared.length), from, narrow.parameters.shared, to, (item) => [
    rowOf(item),
    item,
  ]);
}

/** Lays the few items' rows of a sum into a wide one. */
function scatter(narrow: Model, from: Float64Array, to: Float64Array, wide: Model): void {
  copyRows(
    narrow.parameters.contribution,
    from,
    wide.parameters.contribution.slice(0, narrow.parameters.contribution.length),
    to,
    (item) => [item, rowOf(item)],
  );
}

function copyRows(
  source: ParameterSpec,
  from: Float64Array,
  target: ParameterSpec,
  to: Float64Array,
  places: (item: number) => readonly [number, number],
): void {
  let [at, into] = [0, 0];
  for (const [index, tensor] of source.entries()) {
    // What is not made of rows is the same in both.
    if (sizeOf([tensor]) === sizeOf([target[index]!])) to.set(from.subarray(at, at + sizeOf([tensor])), into);
    else {
      const width = sizeOf([tensor]) / tensor.shape[0]!;
      for (let item = 0; item < few; item++) {
        const [left, right] = places(item);
        to.set(from.subarray(at + left * width, at + (left + 1) * width), into + right * width);
      }
    }
    at += sizeOf([tensor]);
    into += sizeOf([target[index]!]);
  }
}

it("an empty catalogue has every row free", async () => {
  const empty: Catalogue = await emptyCatalogue(items, label);
  expect([empty.version, empty.rows.size, empty.phases.every((each) => each === phase.free)]).toEqual([0, 0, true]);
});
