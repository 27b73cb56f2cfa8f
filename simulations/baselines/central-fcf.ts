/**
 * The exact gradient of federated collaborative filtering on one machine that holds all choices: another way to the sum of what devices
 * contribute in shared/models/fcf.ts, in time of the choices alone. Imports shared, ridge.
 */
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { FcfOptions } from "../../shared/models/fcf.ts";
import { chooseRows, gramOf, ridge } from "./ridge.ts";

/**
 * Half the gradient with respect to an item's factors q is a0 (P'P) q + l2 (n + a0 N) q + sum over who chose it ((p.q - 1) p): the unrated
 * part needs no pair of person and item, only P'P.
 *
 * @returns from item factors [items x rank] the sum over everyone of gradients [items x rank], people's factors being solved for
 */
export function centralFcf({ rank, l2, unratedWeight }: FcfOptions, training: RatingMatrix): (items: Float64Array) => Float64Array {
  const { users, items: catalogue } = training;

  function solvePeople(items: Float64Array): Float64Array {
    const people = new Float64Array(users * rank);
    const everyone = gramOf({ values: items, order: rank }).mul(unratedWeight);
    for (let user = 0; user < users; user++) {
      const { items: chosen } = ratingsOf(training, user);
      if (chosen.length === 0) continue;
      const features = chooseRows({ values: items, order: rank }, chosen);
      const penalty = l2 * (chosen.length + unratedWeight * catalogue);
      people.set(ridge(features, new Array<number>(chosen.length).fill(1), penalty, everyone), user * rank);
    }
    return people;
  }

  return (items) => {
    const people = solvePeople(items);
    const unrated = gramOf({ values: people, order: rank }).mul(unratedWeight).to1DArray();
    const penalties = new Float64Array(catalogue).fill(l2 * unratedWeight * users);
    for (const item of training.itemIndex) penalties[item] = penalties[item]! + l2;
    const gradient = new Float64Array(items.length);
    for (let item = 0; item < catalogue; item++) {
      for (let f = 0; f < rank; f++) {
        let half = penalties[item]! * items[item * rank + f]!;
        for (let g = 0; g < rank; g++) half += unrated[f * rank + g]! * items[item * rank + g]!;
        gradient[item * rank + f] = 2 * half;
      }
    }
    for (let user = 0; user < users; user++) {
      for (const item of ratingsOf(training, user).items) {
        let error = -1;
        for (let f = 0; f < rank; f++) error += people[user * rank + f]! * items[item * rank + f]!;
        for (let f = 0; f < rank; f++) gradient[item * rank + f] = gradient[item * rank + f]! + 2 * error * people[user * rank + f]!;
      }
    }
    return gradient;
  };
}
