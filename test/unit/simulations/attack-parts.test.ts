/** What attacks are made of: readings of bytes, features of items, learning, and the cells that are asked about. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../../shared/random.ts";
import { aucOf } from "../../../simulations/attacks/auc.ts";
import { drawCells } from "../../../simulations/attacks/cells.ts";
import { featuresOf } from "../../../simulations/attacks/features.ts";
import { learnLogOdds } from "../../../simulations/attacks/logistic.ts";
import { readingsOf } from "../../../simulations/attacks/readings.ts";
import { recordRounds } from "../../../simulations/attacks/record.ts";
import { prepareScenario } from "../../../simulations/prepare.ts";
import { parseScenario } from "../../../simulations/scenario.ts";

describe("readings", () => {
  it("hold the vector that was written, in every form that has room", () => {
    const values = Float64Array.of(1.5, -2.25, 1e-9, 7);
    const close = (bytes: Uint8Array, truth: ArrayLike<number>): boolean =>
      readingsOf(bytes, 4).some((reading) => Array.from(truth).every((value, i) => reading[i] === value));
    expect(close(new Uint8Array(values.buffer), values)).toBe(true);
    const floats = Float32Array.from(values);
    expect(close(new Uint8Array(floats.buffer), floats)).toBe(true);
    const whole = Int32Array.of(3, -4, 70_000, -2_000_000);
    expect(close(new Uint8Array(whole.buffer), whole)).toBe(true);
    // Behind a header of five bytes.
    expect(close(Uint8Array.of(9, 9, 9, 9, 9, ...new Uint8Array(whole.buffer)), whole)).toBe(true);
    expect(readingsOf(new Uint8Array(3), 4)).toHaveLength(1);
    expect(readingsOf(new Uint8Array(0), 4)).toHaveLength(0);
  });
});

describe("features", () => {
  const items = 80;
  const shared = [{ name: "itemFactors", shape: [items, 3] }];
  const spec = [{ name: "itemGradient", shape: [items, 3] }];

  it("show the rows of a table of rank one that stand out of what is regular", () => {
    const rng = createRng(1, "features");
    const published = Float64Array.from({ length: items * 3 }, () => rng.normal());
    const own = [0.3, -0.2, 0.5];
    const isRated = (item: number): boolean => item % 9 === 4;
    const values = Float64Array.from({ length: items * 3 }, (_, at) => {
      const item = Math.floor(at / 3);
      return 0.4 * published[at]! + (isRated(item) ? -own[at % 3]! : 0);
    });
    const table = featuresOf({ values, spec, published }, shared, items);
    const lengths = Float64Array.from({ length: items }, (_, item) => table.values[item * table.width + 2]!);
    expect(
      aucOf(
        lengths,
        Uint8Array.from(lengths, (_, item) => (isRated(item) ? 1 : 0)),
      ).auc,
    ).toBe(1);
  });

  it("stay finite for whatever bytes were read as numbers", () => {
    const values = Float64Array.from({ length: items * 3 }, (_, at) => [Number.NaN, 1e308, -Infinity, 5e-324, 0][at % 5]!);
    const { values: table } = featuresOf({ values, spec, published: new Float64Array(items * 3) }, shared, items);
    expect(table.every(Number.isFinite)).toBe(true);
  });
});

describe("learning", () => {
  it("finds the weights' order and leaves what never varies alone", () => {
    const rng = createRng(2, "logistic");
    const rows = Float64Array.from({ length: 600 * 3 }, (_, at) => (at % 3 === 2 ? 4 : rng.normal()));
    const labels = Uint8Array.from({ length: 600 }, (_, i) => (rng.float() < 1 / (1 + Math.exp(-2 * rows[i * 3]!)) ? 1 : 0));
    const logOdds = learnLogOdds(rows, labels, 3);
    const at = (...row: number[]): number => logOdds(Float64Array.from(row), 0);
    expect(at(1, 0, 4) - at(0, 0, 4)).toBeGreaterThan(1.5);
    expect(at(1, 0, 4) - at(0, 0, 4)).toBeLessThan(2.5);
    expect(Math.abs(at(0, 1, 4) - at(0, 0, 4))).toBeLessThan(0.4);
    expect(at(0, 0, 99)).toBe(at(0, 0, 4));
  });
});

describe("cells", () => {
  it("pair rated items with unrated ones of the same popularity, and high ratings with low ones of items liked alike", async () => {
    const scenario = parseScenario({
      dataset: { name: "food-world-cup" },
      split: { kind: "random" },
      rounds: 1,
      protection: { kind: "open" },
    });
    const prepared = await prepareScenario(scenario);
    const { crowd } = await recordRounds(prepared, { isPlain: true });
    const [least, most] = prepared.dataset.ratingRange;
    const people = Array.from({ length: 100 }, (_, person) => person);
    const { training, validation, test } = prepared.split;
    const ratingOf = (part: typeof training, person: number, item: number): number | undefined => {
      for (let at = part.rowStart[person]!; at < part.rowStart[person + 1]!; at++) if (part.itemIndex[at] === item) return part.values[at]!;
      return undefined;
    };
    const byItems = drawCells(prepared, crowd, "items", people);
    const byRatings = drawCells(prepared, crowd, "ratings", people);
    expect(byItems.length).toBeGreaterThan(50);
    expect(byRatings.length).toBeGreaterThan(50);
    for (const { person, items, labels } of byItems) {
      expect(new Set(items).size).toBe(items.length);
      for (let at = 0; at < items.length; at += 2) {
        const [rated, free] = [items[at]!, items[at + 1]!];
        expect([labels[at], labels[at + 1]]).toEqual([1, 0]);
        expect(ratingOf(training, person, rated)).toBeDefined();
        for (const part of [training, validation, test]) expect(ratingOf(part, person, free)).toBeUndefined();
        expect(Math.abs(crowd.counts[rated]! - crowd.counts[free]!)).toBeLessThanOrEqual(crowd.counts[rated]! / 10);
      }
    }
    for (const { person, items } of byRatings) {
      for (let at = 0; at < items.length; at += 2) {
        expect(ratingOf(training, person, items[at]!)).toBeGreaterThan(ratingOf(training, person, items[at + 1]!)!);
        expect(Math.abs(crowd.means[items[at]!]! - crowd.means[items[at + 1]!]!)).toBeLessThanOrEqual((most - least) / 40);
      }
    }
  });
});
