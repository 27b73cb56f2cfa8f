/** Splits partition the data and keep what is held out away from training. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { datasetFromRows, type InteractionRow } from "../../simulations/datasets/from-rows.ts";
import { type SplitOptions, splitDataset } from "../../simulations/split.ts";
import { triplesOf } from "../support/triples.ts";

const rows: fc.Arbitrary<InteractionRow[]> = fc.uniqueArray(
  fc.tuple(
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: -5, max: 5 }),
    fc.integer({ min: 0, max: 9 }),
  ),
  { selector: ([user, item]) => `${user} ${item}`, minLength: 1, maxLength: 60 },
);
const options: fc.Arbitrary<SplitOptions> = fc.oneof(
  fc.record({ kind: fc.constant("leave-one-out" as const), order: fc.constantFrom("latest" as const, "random" as const), seed: fc.nat() }),
  fc.record({
    kind: fc.constant("random" as const),
    testFraction: fc.double({ min: 0, max: 0.5, noNaN: true }),
    validationFraction: fc.double({ min: 0, max: 0.4, noNaN: true }),
    seed: fc.nat(),
  }),
);
const build = (from: InteractionRow[]) => datasetFromRows(from, { name: "rows" });

describe("a split", () => {
  it("partitions the ratings: each is in exactly one part, with its value", async () => {
    await fc.assert(
      fc.asyncProperty(rows, options, async (from, how) => {
        const dataset = build(from);
        const { training, validation, test, counts } = await splitDataset(dataset, how);
        const parts = [training, validation, test].flatMap((part) => triplesOf(dataset, part).map(String));
        expect(parts.sort()).toEqual(triplesOf(dataset).map(String).sort());
        expect([counts.training, counts.validation, counts.test]).toEqual([training, validation, test].map((part) => part.values.length));
        for (const part of [training, validation, test])
          expect([part.users, part.items]).toEqual([dataset.matrix.users, dataset.matrix.items]);
      }),
    );
  });

  it("by leave-one-out holds out the last two items of everyone with three or more, and nothing of others", async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (from) => {
        const dataset = build(from);
        const { validation, test } = await splitDataset(dataset, { kind: "leave-one-out", order: "latest", seed: 0 });
        const keys = new Map(from.map((row, index) => [`${row[0]} ${row[1]}`, row[3]! * 1000 + index]));
        for (const [user, id] of dataset.userIds.entries()) {
          const own = from.filter((row) => String(row[0]) === id).map((row) => `${row[0]} ${row[1]}`);
          const ordered = own.sort((a, b) => keys.get(b)! - keys.get(a)!);
          for (const [place, part] of [test, validation].entries()) {
            const held = triplesOf(dataset, part).filter(([name]) => name === dataset.userIds[user]);
            expect(held.map(([name, item]) => `${name} ${item}`)).toEqual(own.length < 3 ? [] : [ordered[place]]);
          }
        }
      }),
    );
  });

  it("has a hash that a repetition and a shuffle of rows with distinct times leave alone", async () => {
    const timed = rows.map((from) => from.map((row, index): InteractionRow => [row[0], row[1], row[2], index * 7]));
    const withShuffle = timed.chain((from) => fc.tuple(fc.constant(from), fc.shuffledSubarray(from, { minLength: from.length })));
    await fc.assert(
      fc.asyncProperty(withShuffle, options, async ([from, shuffled], how) => {
        const { hash } = await splitDataset(build(from), how);
        expect((await splitDataset(build(from), how)).hash).toBe(hash);
        expect((await splitDataset(build(shuffled), how)).hash).toBe(hash);
      }),
    );
  });

  it("has another hash when a value changes or a row goes", async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(), options, async (from, pick, how) => {
        fc.pre(from.length > 1);
        const at = pick % from.length;
        const changed = from.map((row, index): InteractionRow => (index === at ? [row[0], row[1], row[2] + 1, row[3]!] : row));
        const { hash } = await splitDataset(build(from), how);
        expect((await splitDataset(build(changed), how)).hash).not.toBe(hash);
        expect((await splitDataset(build(from.toSpliced(at, 1)), how)).hash).not.toBe(hash);
      }),
    );
  });
});
