/**
 * The arithmetic of a round of `biased-mf` with one full-batch step, as a bare loop on flat arrays: no device, no protection, no
 * round. What the engine's round is measured against. Imports shared types alone.
 */
import type { RatingMatrix } from "../../shared/math/ratings.ts";

/** What the loop works on. */
export interface BareRound {
  readonly training: RatingMatrix;
  readonly rank: number;
  readonly l2: number;
  readonly learningRate: number;
  readonly globalMean: number;
  /** [items x (rank + 1)] factors and bias, updated in place. */
  readonly itemSide: Float64Array;
  /** [users x (rank + 1)] likewise. */
  readonly people: Float64Array;
}

/** A function that does a round with each call. */
export function bareRound({ training, rank, l2, learningRate, globalMean, itemSide, people }: BareRound): () => void {
  const order = rank + 1;
  const one = new Float64Array(itemSide.length);
  const sum = new Float64Array(itemSide.length);
  const own = new Float64Array(order);
  const { rowStart, itemIndex, values } = training;

  /** One person's dense gradient of the item side, in `one`; the person's own part takes its step. */
  function contribute(user: number): void {
    one.fill(0);
    own.fill(0);
    const mine = user * order;
    let curvature = (1 + l2) * (rowStart[user + 1]! - rowStart[user]!);
    for (let index = rowStart[user]!; index < rowStart[user + 1]!; index++) {
      const at = itemIndex[index]! * order;
      let error = globalMean + people[mine + rank]! + itemSide[at + rank]! - values[index]!;
      for (let f = 0; f < rank; f++) error += people[mine + f]! * itemSide[at + f]!;
      for (let f = 0; f < rank; f++) {
        const factor = itemSide[at + f]!;
        curvature += factor * factor;
        own[f] = own[f]! + error * factor + l2 * people[mine + f]!;
        one[at + f] = error * people[mine + f]! + l2 * factor;
      }
      own[rank] = own[rank]! + error + l2 * people[mine + rank]!;
      one[at + rank] = error + l2 * itemSide[at + rank]!;
    }
    const step = learningRate / (1 + learningRate * curvature);
    for (let f = 0; f < order; f++) people[mine + f] = people[mine + f]! - step * own[f]!;
  }

  return () => {
    sum.fill(0);
    for (let user = 0; user < training.users; user++) {
      contribute(user);
      for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + one[i]!;
    }
    for (let i = 0; i < sum.length; i++) itemSide[i] = itemSide[i]! - (learningRate / training.users) * sum[i]!;
  };
}
