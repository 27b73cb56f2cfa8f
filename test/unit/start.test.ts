/** How item factors begin: what public features become, and that nothing else is touched. */
import { describe, expect, it } from "vitest";
import { models } from "../../shared/models/index.ts";
import type { ItemFeatures, ModelShape } from "../../shared/models/model.ts";
import { type StartSection, startFactors } from "../../shared/models/start.ts";
import { selections } from "../../shared/models/start-selections.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";

const items = 6;
/** Columns: constant, of variance 1, 4 and .25, the last the negative half of the second. */
const values = Float64Array.from(
  [
    [7, 1, 2, -0.5],
    [7, -1, 2, 0.5],
    [7, 1, -2, -0.5],
    [7, -1, -2, 0.5],
    [7, 1, 2, -0.5],
    [7, -1, -2, 0.5],
  ].flat(),
);
const itemFeatures: ItemFeatures = { count: 4, values };
const shape: ModelShape = { items, cohort: 10, itemFeatures };
const begin = (start: StartSection, rank: number, extra = 0) =>
  startFactors(start, shape, { rank, extra, stddev: 0.1 }, createRng(3, "start"));
const by = (selection: string, scale = 1): StartSection => ({ kind: "features", selection, scale });
const column = (rows: Float64Array, width: number, at: number): number[] =>
  Array.from({ length: items }, (_, item) => rows[item * width + at]!);
const stddevOf = (list: readonly number[]): number => {
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length);
};

describe("item factors that begin with features", () => {
  it("by variance take the widest columns first, the widest at the standard deviation asked for, the others in proportion", () => {
    const rows = begin(by("variance", 2), 2);
    expect(column(rows, 2, 0)).toEqual([2, 2, -2, -2, 2, -2].map((value) => expect.closeTo(0.1 * value, 12) as number));
    expect(column(rows, 2, 1)).toEqual([1, -1, 1, -1, 1, -1].map((value) => expect.closeTo(0.1 * value, 12) as number));
  });

  it("evenly spaced take columns across the whole list that vary, ascending", () => {
    // Of columns 1, 2, 3: those in the middle of the first and of the second half.
    const rows = begin(by("uniform"), 2);
    expect(stddevOf(column(rows, 2, 0))).toBeCloseTo(0.1, 12);
    expect(column(rows, 2, 0)[0]).toBeGreaterThan(0);
    expect(stddevOf(column(rows, 2, 1)) / stddevOf(column(rows, 2, 0))).toBeCloseTo(0.5, 12);
    const one = begin(by("uniform"), 1);
    expect(column(one, 1, 0)).toEqual([2, 2, -2, -2, 2, -2].map((value) => expect.closeTo(0.05 * value, 12) as number));
  });

  it("at random take different columns, each as likely, and none twice", () => {
    const firsts = new Map<string, number>();
    const { columns } = selections.find(({ name }) => name === "random")!;
    const features = { items, count: 4, values, variances: Float64Array.of(0, 1, 4, 0.25) };
    for (let seed = 0; seed < 900; seed++) {
      const chosen = columns(features, 2, createRng(seed));
      const widths = [0, 1].map((at) => Math.max(...column(chosen, 2, at)));
      expect(widths[0]).not.toBe(widths[1]);
      firsts.set(String(widths[0]), (firsts.get(String(widths[0])) ?? 0) + 1);
    }
    expect([...firsts.keys()].sort()).toEqual(["0.5", "1", "2"]);
    for (const count of firsts.values()) expect(count).toBeGreaterThan(240);
  });

  it("by components are uncorrelated and hold what the features vary in, in the order of how much", () => {
    const rows = begin(by("components"), 3);
    const [first, second, third] = [0, 1, 2].map((at) => column(rows, 3, at));
    expect(stddevOf(first!)).toBeCloseTo(0.1, 12);
    expect(stddevOf(second!)).toBeLessThan(0.1);
    expect(first!.reduce((sum, value, at) => sum + value * second![at]!, 0)).toBeCloseTo(0, 12);
    // Two of the three columns are one line: no third component, the draw stays.
    expect(third).toEqual(column(begin({ kind: "random" }, 3), 3, 2));
  });

  it("draw as ever what features do not fill, biases stay zero, and the same seed gives the same bits", () => {
    for (const { name } of selections) {
      const rows = begin(by(name), 5, 1);
      expect(column(rows, 6, 5)).toEqual(new Array(items).fill(0));
      expect(column(rows, 6, 4)).toEqual(column(begin({ kind: "random" }, 5, 1), 6, 4));
      expect(begin(by(name), 5, 1)).toEqual(rows);
    }
  });

  it("are refused where the features are not at hand, by a coded error", () => {
    const table = { rank: 2, stddev: 0.1 };
    for (const features of [undefined, { count: 0 }, { count: 3 }]) {
      const bare: ModelShape = { items, cohort: 1, ...(features === undefined ? {} : { itemFeatures: features }) };
      expect(() => startFactors(by("components"), bare, table, createRng(1))).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID" }) as Error,
      );
      expect(startFactors({ kind: "random" }, bare, table, createRng(1))).toHaveLength(12);
    }
  });
});

const starting = models.filter(({ kind, options }) => "start" in (parseConfig(options, { kind }, "model") as object));

describe.each(starting.map((definition) => [definition.kind, definition] as const))("%s", (kind, definition) => {
  const initialize = (start: object, given: ModelShape = shape) =>
    definition.create(parseConfig(definition.options, { kind, rank: 2, start }, "model"), given).initialize(createRng(5)).shared;

  it("begins with features when told to, with a draw by default, and refuses unknown ways", () => {
    const drawn = initialize({ kind: "random" });
    expect(definition.create(parseConfig(definition.options, { kind, rank: 2 }, "model"), shape).initialize(createRng(5)).shared).toEqual(
      drawn,
    );
    const ways = selections.map(({ name }) => initialize({ kind: "features", selection: name }));
    for (const shared of ways) {
      expect(shared.length).toBe(drawn.length);
      expect(shared.every(Number.isFinite)).toBe(true);
      expect(shared).not.toEqual(drawn);
    }
    // Items 0 and 4 have the same features: one row.
    const width = drawn.length > 2 * items ? 3 : 2;
    if (kind !== "ncf" && kind !== "fed-mf") expect(ways[0]!.slice(0, 2)).toEqual(ways[0]!.slice(4 * width, 4 * width + 2));
    expect(() => initialize({ kind: "features", selection: "best" })).toThrow(/selection/);
    expect(() => initialize({ kind: "features" }, { items, cohort: 1 })).toThrow(/public features/);
  });
});

it("is an option of every model with item factors", () => {
  expect(starting.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["fcf", "implicit-als", "als", "fed-mf", "biased-mf", "bpr", "ncf", "pfedrec", "fedrap", "nmf"]),
  );
});

describe("item factors that begin with what agents found", () => {
  const found = {
    count: 3,
    values: Float64Array.from({ length: items * 3 }, (_, at) => (at % 3 === 0 ? 4 : at % 3 === 1 ? (at % 2 === 0 ? 2 : -2) : 1)),
  };
  const spectral = { kind: "spectral", scale: 2, agents: 20, rounds: 6, mixing: 10 } as const;
  const of = (rank: number) =>
    startFactors(spectral, { items, cohort: 10, itemStart: found }, { rank, stddev: 0.1 }, createRng(3, "start"));

  it("take the first columns, the widest at the size asked for, the others in proportion", () => {
    const rows = of(2);
    expect(column(rows, 2, 0)).toEqual(new Array(items).fill(expect.closeTo(0.2, 12)));
    expect(column(rows, 2, 1)).toEqual([-0.1, 0.1, -0.1, 0.1, -0.1, 0.1].map((value) => expect.closeTo(value, 12) as number));
  });

  it("draw what is beyond, as a random start does", () => {
    const drawn = startFactors({ kind: "random" }, { items, cohort: 10 }, { rank: 5, stddev: 0.1 }, createRng(3, "start"));
    for (const at of [3, 4]) expect(column(of(5), 5, at)).toEqual(column(drawn, 5, at));
  });

  it("are refused where nobody brought them, or not for these items", () => {
    const begun = (itemStart: ItemFeatures | undefined) => () =>
      startFactors(spectral, { items, cohort: 10, itemStart }, { rank: 2, stddev: 1 }, createRng(1));
    expect(begun(undefined)).toThrow(/"model.start" spectral expected finite factors of 6 items.*got none/);
    expect(begun({ count: 3, values: new Float64Array(3) })).toThrow(/got 3 values of 3/);
    expect(begun({ count: 1, values: new Float64Array(items).fill(Number.NaN) })).toThrow(/finite/);
    expect(begun({ count: 1, values: new Float64Array(items) })()).toHaveLength(2 * items);
  });
});
