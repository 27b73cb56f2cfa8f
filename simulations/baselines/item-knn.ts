/**
 * Neighborhoods of items: what is like what a person has chosen, by who chose both. With all ratings in one place; and with the catalogue split
 * between two silos that know the same people, where what lies across is estimated from sketches of a quarter of the people. Imports the seam, shared.
 *
 * Source: item-based neighborhoods, Deshpande and Karypis 2004, https://doi.org/10.1145/963770.963776; the sketches: shared/math/sketch.ts
 */
import { CofactorError } from "../../shared/errors.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { multiplySketches, sketchRows } from "../../shared/math/sketch.ts";
import { topItems } from "../../shared/math/top.ts";
import { createRng } from "../../shared/random.ts";
import type { Baseline, BaselineInput, ReadyBaseline } from "./baseline.ts";

/** Neighbors of an item that count. */
const neighbors = 50;
/** A table of all pairs of items is held in memory. */
const mostItems = 8_000;
/** Of the people, the share whose rows a silo's sketch keeps. */
export const sketchShare = 0.25;
/** Added to the weights that a rating is predicted by: a few far neighbors must not decide. */
const shrinkage = 1;

/** Everything in one place. */
export const itemKnn: Baseline = {
  name: "item-knn",
  summary: "items that the same people chose, by cosine, all ratings in one place",
  prepare: (input) => prepareKnn(input, (table) => gramOf(table)),
};

/** Two silos. */
export const itemKnnSketched: Baseline = {
  name: "item-knn-sketched",
  summary: "the same over two silos of half the catalogue each, from sketches of a quarter of the people",
  prepare: (input) => prepareKnn(input, (table) => sketchedGram(table, Math.max(2, Math.round(sketchShare * table.users)), input.seed)),
};

/** Two silos that tell each other nothing. */
export const itemKnnApart: Baseline = {
  name: "item-knn-apart",
  summary: "the same over two silos that tell each other nothing: what sketches are worth is the distance from here",
  prepare: (input) => prepareKnn(input, (table) => siloedGram(table, input.seed)),
};

function prepareKnn({ run, split }: BaselineInput, makeGram: (table: RatingMatrix) => Float64Array): ReadyBaseline {
  const { items } = split.training;
  if (items > mostItems) throw new CofactorError("CONFIG_INVALID", `baseline item-knn expected at most ${mostItems} items, got ${items}`);
  const isRanking = run.model.objective === "ranking";
  const means = itemMeans(split.training);
  const table = isRanking ? { ...split.training, values: split.training.values.map(() => 1) } : centered(split.training, means);
  const likeness = nearestOf(makeGram(table), items);
  return {
    scoresFor(user, out) {
      const own = ratingsOf(table, user);
      const weights = new Float64Array(items);
      out.fill(0);
      for (const [at, item] of own.items.entries()) {
        for (let other = 0; other < items; other++) {
          const weight = likeness[item * items + other]!;
          out[other] = out[other]! + weight * own.values[at]!;
          weights[other]! += Math.abs(weight);
        }
      }
      if (!isRanking) for (let item = 0; item < items; item++) out[item] = means[item]! + out[item]! / (shrinkage + weights[item]!);
    },
  };
}

/** X'X: [items x items]. */
function gramOf(table: RatingMatrix): Float64Array {
  const { items } = table;
  const gram = new Float64Array(items * items);
  for (let user = 0; user < table.users; user++) {
    const row = ratingsOf(table, user);
    for (let i = 0; i < row.items.length; i++) {
      const at = row.items[i]! * items;
      for (let j = 0; j < row.items.length; j++) gram[at + row.items[j]!] = gram[at + row.items[j]!]! + row.values[i]! * row.values[j]!;
    }
  }
  return gram;
}

/** X'X where each silo knows half of the columns, drawn by seed: exact inside a silo, zero across. */
export function siloedGram(table: RatingMatrix, seed: number): Float64Array {
  const { items } = table;
  const siloOf = drawSilos(items, seed);
  const gram = gramOf(table);
  for (let i = 0; i < items; i++) for (let j = 0; j < items; j++) if (siloOf[i] !== siloOf[j]) gram[i * items + j] = 0;
  return gram;
}

/** The same with what lies across estimated from sketches of `count` rows; the hash is drawn by seed, too. */
export function sketchedGram(table: RatingMatrix, count: number, seed: number): Float64Array {
  const { items } = table;
  const siloOf = drawSilos(items, seed);
  const gram = siloedGram(table, seed);
  const hash = (person: number): number => createRng(seed, "sketch", person).float();
  const [left, right] = [0, 1].map((silo) =>
    sketchRows(
      columnsOf(table, (item) => siloOf[item] === silo),
      count,
      hash,
    ),
  );
  const across = multiplySketches(left!, right!);
  for (let i = 0; i < items; i++) {
    for (let j = 0; j < items; j++)
      if (siloOf[i] !== siloOf[j]) gram[i * items + j] = across[siloOf[i] === 0 ? i * items + j : j * items + i]!;
  }
  return gram;
}

function drawSilos(items: number, seed: number): Uint8Array {
  const rng = createRng(seed, "silos");
  return Uint8Array.from({ length: items }, () => rng.below(2));
}

/** The table without the other columns. */
function columnsOf(table: RatingMatrix, isOwn: (item: number) => boolean): RatingMatrix {
  const rowStart = new Int32Array(table.users + 1);
  const itemIndex: number[] = [];
  const values: number[] = [];
  for (let user = 0; user < table.users; user++) {
    for (let at = table.rowStart[user]!; at < table.rowStart[user + 1]!; at++) {
      if (!isOwn(table.itemIndex[at]!)) continue;
      itemIndex.push(table.itemIndex[at]!);
      values.push(table.values[at]!);
    }
    rowStart[user + 1] = values.length;
  }
  return { users: table.users, items: table.items, rowStart, itemIndex: Int32Array.from(itemIndex), values: Float64Array.from(values) };
}

/** Cosines of an item's nearest others, zero for all others: [items x items], row j what item j adds to each. */
function nearestOf(gram: Float64Array, items: number): Float64Array {
  const out = new Float64Array(items * items);
  const row = new Float64Array(items);
  for (let item = 0; item < items; item++) {
    const own = gram[item * items + item]!;
    for (let other = 0; other < items; other++) {
      const both = own * gram[other * items + other]!;
      row[other] = both > 0 && other !== item ? gram[item * items + other]! / Math.sqrt(both) : 0;
    }
    for (const other of topItems(row.map(Math.abs), neighbors)) out[other * items + item] = row[other]!;
  }
  return out;
}

function itemMeans({ items, itemIndex, values }: RatingMatrix): Float64Array {
  const sums = new Float64Array(items);
  const counts = new Float64Array(items);
  let total = 0;
  for (let at = 0; at < values.length; at++) {
    sums[itemIndex[at]!]! += values[at]!;
    counts[itemIndex[at]!]! += 1;
    total += values[at]!;
  }
  const mean = total / Math.max(1, values.length);
  return sums.map((sum, item) => (counts[item] === 0 ? mean : sum / counts[item]!));
}

function centered(table: RatingMatrix, means: Float64Array): RatingMatrix {
  return { ...table, values: table.values.map((value, at) => value - means[table.itemIndex[at]!]!) };
}
