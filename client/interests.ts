/** Several tastes in one person: own ratings in groups of alike items, and a private part for each group. On the device alone. Imports shared. */
import { dot } from "../shared/math/linear.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { ItemVectors, Model } from "../shared/models/model.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng, type Rng } from "../shared/random.ts";
import { requireVectors } from "./item-vectors.ts";

/** A group has so many ratings on average, or there are fewer groups. */
const leastRatings = 3;
const sweeps = 20;

/**
 * Private parts of a person's interests: ratings are grouped by what their items are like, and the model fits each group by itself.
 *
 * Guarantees: nothing leaves the device; the same arguments give the same parts; at most `count` parts, fewer for a person with few ratings,
 * none (the person's own part serves) where fewer than two come out.
 * @throws CofactorError CONFIG_INVALID for a model whose items have no vectors, or that serves people by what their device trained
 */
export function fitInterests(model: Model, shared: unknown, ratings: UserRatings, count: number): readonly PrivatePart[] {
  const vectors = requireVectors(model, shared, "interests");
  const groups = Math.min(count, Math.floor(ratings.items.length / leastRatings));
  if (groups < 2) return [];
  const rng = createRng(1, "interests");
  const group = groupItems(vectors, ratings.items, groups, rng);
  const parts: PrivatePart[] = [];
  for (let chosen = 0; chosen < groups; chosen++) {
    const places = [...ratings.items.keys()].filter((place) => group[place] === chosen);
    if (places.length === 0) continue;
    const own: UserRatings = {
      ...ratings,
      items: Int32Array.from(places, (place) => ratings.items[place]!),
      values: Float64Array.from(places, (place) => ratings.values[place]!),
    };
    parts.push(model.fit(shared, model.createPrivate(own, rng.fork("private", chosen)), own, rng.fork("fit", chosen)));
  }
  return parts.length < 2 ? [] : parts;
}

/**
 * Writes into `out` [items] the mean of what the person's own part gives to each item and of the best that an interest gives. The best alone
 * did no better than the own part on validation: what few ratings taught leans on what everyone likes.
 */
export function scoreInterests(model: Model, shared: unknown, own: PrivatePart, parts: readonly PrivatePart[], out: Float64Array): void {
  const scores = new Float64Array(out.length);
  const best = new Float64Array(out.length).fill(Number.NEGATIVE_INFINITY);
  for (const part of parts) {
    model.score(shared, part, scores);
    for (let item = 0; item < out.length; item++) if (scores[item]! > best[item]!) best[item] = scores[item]!;
  }
  model.score(shared, own, out);
  for (let item = 0; item < out.length; item++) out[item] = (out[item]! + best[item]!) / 2;
}

/**
 * Groups items by direction: k-means on the sphere, begun with items far from each other.
 *
 * @returns [items] the group of each, from 0; a group may be empty
 * Source: Dhillon and Modha 2001, https://doi.org/10.1023/A:1007612920971; the start: Arthur and Vassilvitskii 2007
 */
export function groupItems(vectors: ItemVectors, items: Int32Array, groups: number, rng: Rng): Uint8Array {
  const { length } = vectors;
  const units = unitRows(vectors, items);
  const centers = new Float64Array(groups * length);
  const nearest = new Float64Array(items.length).fill(2);
  for (let chosen = 0; chosen < groups; chosen++) {
    const seed = chosen === 0 ? rng.below(items.length) : drawByWeight(nearest, rng);
    centers.set(units.subarray(seed * length, (seed + 1) * length), chosen * length);
    for (let place = 0; place < items.length; place++) {
      nearest[place] = Math.min(nearest[place]!, Math.max(0, 1 - dot(units, place * length, centers, chosen * length, length)));
    }
  }
  const group = new Uint8Array(items.length);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let moved = 0;
    for (let place = 0; place < items.length; place++) {
      let best = 0;
      let likeness = Number.NEGATIVE_INFINITY;
      for (let chosen = 0; chosen < groups; chosen++) {
        const alike = dot(units, place * length, centers, chosen * length, length);
        if (alike > likeness) {
          likeness = alike;
          best = chosen;
        }
      }
      if (group[place] !== best) moved++;
      group[place] = best;
    }
    if (moved === 0 && sweep > 0) break;
    centers.fill(0);
    for (let place = 0; place < items.length; place++) {
      for (let f = 0; f < length; f++) centers[group[place]! * length + f]! += units[place * length + f]!;
    }
    for (let chosen = 0; chosen < groups; chosen++) toUnit(centers, chosen * length, length);
  }
  return group;
}

/** [items x length] the items' vectors at norm 1; zeros stay zeros. */
function unitRows({ values, length, stride }: ItemVectors, items: Int32Array): Float64Array {
  const units = new Float64Array(items.length * length);
  for (let place = 0; place < items.length; place++) {
    const at = items[place]! * stride;
    units.set(values.subarray(at, at + length), place * length);
    toUnit(units, place * length, length);
  }
  return units;
}

function toUnit(values: Float64Array, at: number, length: number): void {
  const norm = Math.sqrt(dot(values, at, values, at, length));
  if (norm > 0) for (let f = at; f < at + length; f++) values[f] = values[f]! / norm;
}

/** A place drawn in proportion to its weight; the last where all are zero. */
function drawByWeight(weights: Float64Array, rng: Rng): number {
  let rest = rng.float() * weights.reduce((sum, weight) => sum + weight, 0);
  for (let place = 0; place < weights.length; place++) {
    rest -= weights[place]!;
    if (rest < 0) return place;
  }
  return weights.length - 1;
}
