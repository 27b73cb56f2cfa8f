/** What is asked of attackers: items of people, half of them with the one label, half with the other, alike in what everybody knows. Imports shared. */
import { contains, type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import { createRng, shuffled } from "../../shared/random.ts";
import type { Prepared } from "../prepare.ts";
import type { Cells, Crowd, Goal } from "./attack.ts";

/** Pairs of a person, at most. */
const mostPairs = 10;

/** Share of the range of ratings from which on one is high: 4 of 1 to 5. */
const highFrom = 0.75;

/** Cells of every person who has any, in the order given; drawn by the scenario's seed, the same for every protection. */
export function drawCells(prepared: Prepared, crowd: Crowd, goal: Goal, people: Iterable<number>): Cells[] {
  const cellsOf = goal === "items" ? itemCells : ratingCells;
  return [...people].flatMap((person) => {
    const pairs = cellsOf(prepared, crowd, person);
    if (pairs.length === 0) return [];
    const items = Int32Array.from(pairs.flat());
    return [{ person, items, labels: Uint8Array.from(items, (_, at) => (at % 2 === 0 ? 1 : 0)) }];
  });
}

type Pair = readonly [one: number, zero: number];

/** Rated items, each with one that the person did not rate, in no part of the split, of the same popularity: or the nearest, within a tenth. */
function itemCells({ split, scenario }: Prepared, { counts }: Crowd, person: number): Pair[] {
  const rng = createRng(scenario.seed, "attacked items", person);
  const isFree = (item: number): boolean => partsOf(split).every((part) => !contains(ratingsOf(part, person).items, item));
  const free = [...shuffled(counts.length, rng)].filter((item) => counts[item]! > 0 && isFree(item));
  const { items } = ratingsOf(split.training, person);
  return pairUp(
    [...shuffled(items.length, rng)].map((at) => items[at]!),
    free,
    counts,
    (count) => Math.floor(count / 10),
  );
}

/** Items that the person rated high, each with one that they rated lower of the same mean rating, within a fortieth of the range: a tenth of a star of five. */
function ratingCells({ split, scenario, dataset }: Prepared, { means }: Crowd, person: number): Pair[] {
  const [least, most] = dataset.ratingRange;
  const rng = createRng(scenario.seed, "attacked ratings", person);
  const { items, values } = ratingsOf(split.training, person);
  const order = [...shuffled(items.length, rng)];
  const isHigh = (at: number): boolean => values[at]! >= least + highFrom * (most - least);
  const itemsOf = (places: readonly number[]): number[] => places.map((at) => items[at]!);
  return pairUp(itemsOf(order.filter(isHigh)), itemsOf(order.filter((at) => !isHigh(at))), means, () => (most - least) / 40);
}

/** Pairs each of `ones` with the nearest of `zeros` that is left, where one is near enough. */
function pairUp(ones: readonly number[], zeros: number[], by: Float64Array, reach: (value: number) => number): Pair[] {
  const left = [...zeros];
  const pairs: Pair[] = [];
  for (const one of ones) {
    if (pairs.length === mostPairs || left.length === 0) break;
    const distance = (at: number): number => Math.abs(by[left[at]!]! - by[one]!);
    const nearest = left.reduce((best, _, at) => (distance(at) < distance(best) ? at : best), 0);
    if (distance(nearest) > reach(by[one]!)) continue;
    pairs.push([one, left.splice(nearest, 1)[0]!]);
  }
  return pairs;
}

function partsOf({ training, validation, test }: Prepared["split"]): readonly RatingMatrix[] {
  return [training, validation, test];
}

/** Counts and means over the training ratings of those who take part. */
export function crowdOf({ split: { training }, participants }: Prepared): Crowd {
  const counts = new Float64Array(training.items);
  const means = new Float64Array(training.items);
  let [sum, all] = [0, 0];
  for (const user of participants) {
    const { items, values } = ratingsOf(training, user);
    for (let index = 0; index < items.length; index++) {
      counts[items[index]!]! += 1;
      means[items[index]!]! += values[index]!;
      sum += values[index]!;
      all += 1;
    }
  }
  for (let item = 0; item < means.length; item++) means[item] = counts[item]! > 0 ? means[item]! / counts[item]! : sum / all;
  return { counts, means };
}
