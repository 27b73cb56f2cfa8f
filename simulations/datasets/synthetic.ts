/**
 * A made-up population of any size, for measuring how far simulations scale; its figures say nothing about quality.
 * Imports dataset.ts, shared.
 *
 * People and items have hidden tastes in two dimensions, items have a popularity that falls with their rank (Zipf); a rating is an
 * item's worth plus the match of tastes plus noise, rounded to 1 .. 5.
 */
import { createHash } from "node:crypto";
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import { createRng } from "../../shared/random.ts";
import type { Dataset, DatasetDefinition, InteractionMatrix } from "./dataset.ts";

/** Size of the population, and the seed it is drawn from. */
export interface SyntheticOptions {
  readonly name: "synthetic";
  readonly users: number;
  readonly items: number;
  /** Of each person; everybody has as many. */
  readonly ratings: number;
  /** Of the data itself, which the scenario's seed does not change. */
  readonly seed: number;
}

const count = (fallback: number, low: number, high: number): v.GenericSchema<number | undefined, number> =>
  v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(low), v.maxValue(high)), fallback);

/** The definition of the made-up population. */
export const synthetic: DatasetDefinition<SyntheticOptions> = {
  name: "synthetic",
  summary: "made-up ratings of any number of people, for measuring scale; figures of quality mean nothing",
  source: "drawn by seed: simulations/datasets/synthetic.ts",
  licence: "none needed",
  bundled: false,
  usage: "dataset: { name: synthetic, users: 1000000, items: 200, ratings: 5 }",
  options: v.strictObject({
    name: v.literal("synthetic"),
    users: count(10_000, 1, 20_000_000),
    items: count(500, 1, 1_000_000),
    ratings: count(20, 1, 10_000),
    seed: count(0, 0, Number.MAX_SAFE_INTEGER),
  }),
  load: (options) => Promise.resolve(drawDataset(options)),
};

/** @throws CofactorError CONFIG_INVALID when nobody could have so many ratings */
function drawDataset({ name, users, items, ratings, seed }: SyntheticOptions): Dataset {
  if (ratings > items / 2)
    throw new CofactorError("CONFIG_INVALID", `"dataset.ratings" expected at most half of items (${items / 2}), got ${ratings}`);
  const matrix = drawMatrix({ name, users, items, ratings, seed });
  const hash = createHash("sha256");
  for (const array of [matrix.rowStart, matrix.itemIndex, matrix.values]) hash.update(new Uint8Array(array.buffer));
  const sha256 = hash.digest("hex");
  return {
    name,
    matrix,
    userIds: Array.from({ length: users }, (_, user) => String(user)),
    itemIds: Array.from({ length: items }, (_, item) => String(item)),
    feedback: "explicit",
    ratingRange: [1, 5],
    sha256,
    files: [],
    notes: [`made-up data (seed ${seed}): figures of quality mean nothing`],
  };
}

function drawMatrix({ users, items, ratings, seed }: SyntheticOptions): InteractionMatrix {
  const rng = createRng(seed, "synthetic");
  const itemTaste = Float64Array.from({ length: items * 2 }, () => rng.normal());
  const itemWorth = Float64Array.from({ length: items }, () => 3.5 + 0.4 * rng.normal());
  const total = users * ratings;
  const itemIndex = new Int32Array(total);
  const values = new Float64Array(total);
  const isChosen = new Uint8Array(items);
  for (let user = 0; user < users; user++) {
    const x = rng.normal();
    const y = rng.normal();
    const row = itemIndex.subarray(user * ratings, (user + 1) * ratings);
    for (let at = 0; at < ratings; ) {
      // Log-uniform ranks: the density of rank r falls with 1 / r.
      const item = Math.floor(items ** rng.float()) - 1;
      // The few first items are soon taken: then any other will do.
      const other = isChosen[item] === 0 ? item : rng.below(items);
      if (isChosen[other] !== 0) continue;
      isChosen[other] = 1;
      row[at++] = other;
    }
    row.sort();
    for (let at = 0; at < ratings; at++) {
      const item = row[at]!;
      isChosen[item] = 0;
      const match = 0.5 * (x * itemTaste[item * 2]! + y * itemTaste[item * 2 + 1]!);
      values[user * ratings + at] = Math.min(5, Math.max(1, Math.round(itemWorth[item]! + match + 0.5 * rng.normal())));
    }
  }
  return {
    users,
    items,
    rowStart: Int32Array.from({ length: users + 1 }, (_, user) => user * ratings),
    itemIndex,
    values,
    times: undefined,
    rows: Int32Array.from({ length: total }, (_, at) => at),
  };
}
