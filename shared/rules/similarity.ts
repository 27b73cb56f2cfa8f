/** Similarity: the mean of those groups that point along with the others, copies counted once. Imports the seam, the means and valibot. */
import * as v from "valibot";
import { asSum, lowerMedian, meansOf, normOf, sharesOf, weighted } from "./means.ts";
import { leastTolerant, minority, type RuleDefinition } from "./rule.ts";

/** Options of similarity. */
export interface SimilarityOptions {
  readonly kind: "similarity";
  /** Greatest number of times that those who point along are chosen anew. */
  readonly iterations: number;
}

/**
 * In three steps. Every mean is cut to the median length. Copies, means that lie closer to each other (1 - cosine) than half of what a group's nearest
 * neighbor usually does, share one vote. Then those stay whose inner product with the sum of the others that stay, copies of theirs left out, is
 * positive, chosen until nothing changes; the result is their mean.
 *
 * What it rests on: single devices' contributions are long and nearly at right angles, yet nearly all point along with the sum of the others a little.
 * Whoever sends the opposite does not, and whoever sends one thing many times is more alike than people are. Groups without a direction, zeros, stay.
 * Where nobody points along with the others all stay, cut to the median length: that alone bounds what bad ones can do in any case.
 *
 * Departures: Fung et al. compare what devices sent in all rounds, here nothing is known of who is in which group from round to round; Cao et al. compare
 * with an update of the server's own data, here with the sum of the others. Costs the inner product of every pair of groups: n^2 / 2 passes.
 */
export const similarity: RuleDefinition<SimilarityOptions> = {
  kind: "similarity",
  summary: "The mean of those groups that point along with the others, none longer than the median; copies count once.",
  source:
    "Fung, Yoon, Beschastnikh 2018 (FoolsGold), https://arxiv.org/abs/1808.04866; Cao et al. 2021 (FLTrust), https://arxiv.org/abs/2012.13995",
  options: v.strictObject({
    kind: v.literal("similarity"),
    iterations: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 10),
  }),
  create: ({ iterations }) => ({
    kind: "similarity",
    keepsSums: false,
    least: leastTolerant(minority),
    tolerates: minority,
    step(groups) {
      if (groups.length === 1) return { values: groups[0]!.values, count: groups[0]!.count };
      const means = meansOf(groups);
      const norms = Float64Array.from(means, normOf);
      const bound = lowerMedian(norms);
      const cosines = cosinesOf(means, norms);
      const copies = copiesOf(cosines, norms);
      const weights = sharesOf(groups);
      for (let i = 0; i < weights.length; i++) weights[i] = weights[i]! / countOf(copies, i, weights.length);
      const lengths = norms.map((norm) => Math.min(norm, bound));
      const stays = alongWithOthers({ cosines, copies, lengths, weights }, iterations);
      let total = 0;
      for (let i = 0; i < weights.length; i++) if (stays[i] === 1) total += weights[i]!;
      for (let i = 0; i < weights.length; i++) {
        weights[i] = stays[i] === 1 && norms[i]! > 0 ? (weights[i]! / total) * (lengths[i]! / norms[i]!) : 0;
      }
      return asSum(weighted(means, weights), groups);
    },
  }),
};

/** [p x p] cosines of every two means; zeros for those without a direction, and with oneself. */
function cosinesOf(means: readonly Float64Array[], norms: Float64Array): Float64Array {
  const count = means.length;
  const cosines = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    if (!hasDirection(norms[i]!)) continue;
    for (let j = 0; j < i; j++) {
      if (!hasDirection(norms[j]!)) continue;
      const cosine = cosineOf(means[i]!, 1 / norms[i]!, means[j]!, 1 / norms[j]!);
      cosines[i * count + j] = cosine;
      cosines[j * count + i] = cosine;
    }
  }
  return cosines;
}

/** Of two means; lengths are taken out of the sum first where their product may overflow. */
function cosineOf(a: Float64Array, scaleA: number, b: Float64Array, scaleB: number): number {
  const scale = scaleA * scaleB;
  if (scale > 1e-250 && scale < 1e250) return productOf(a, b) * scale;
  let total = 0;
  for (let k = 0; k < a.length; k++) total += a[k]! * scaleA * (b[k]! * scaleB);
  return total;
}

/** The inner product. Four sums at once: each would wait for its own last addition. */
function productOf(a: Float64Array, b: Float64Array): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  const even = a.length & ~3;
  for (let k = 0; k < even; k += 4) {
    first += a[k]! * b[k]!;
    second += a[k + 1]! * b[k + 1]!;
    third += a[k + 2]! * b[k + 2]!;
    fourth += a[k + 3]! * b[k + 3]!;
  }
  for (let k = even; k < a.length; k++) first += a[k]! * b[k]!;
  return first + second + (third + fourth);
}

function hasDirection(norm: number): boolean {
  return norm > 0 && norm < Number.POSITIVE_INFINITY;
}

/** [p x p] 1 where two are copies of each other, and for every one with itself. */
function copiesOf(cosines: Float64Array, norms: Float64Array): Uint8Array {
  const count = norms.length;
  const nearest: number[] = [];
  for (let i = 0; i < count; i++) {
    if (!hasDirection(norms[i]!)) continue;
    let most = -1;
    for (let j = 0; j < count; j++) if (j !== i && hasDirection(norms[j]!)) most = Math.max(most, cosines[i * count + j]!);
    nearest.push(1 - most);
  }
  const limit = nearest.length === 0 ? 0 : lowerMedian(Float64Array.from(nearest)) / 2;
  const copies = new Uint8Array(count * count);
  for (let i = 0; i < count; i++) {
    copies[i * count + i] = 1;
    for (let j = 0; j < count; j++) {
      if (hasDirection(norms[i]!) && hasDirection(norms[j]!) && 1 - cosines[i * count + j]! < limit) copies[i * count + j] = 1;
    }
  }
  return copies;
}

function countOf(copies: Uint8Array, i: number, count: number): number {
  let total = 0;
  for (let j = 0; j < count; j++) total += copies[i * count + j]!;
  return total;
}

/** What is known of the cut means. */
interface Cut {
  readonly cosines: Float64Array;
  readonly copies: Uint8Array;
  readonly lengths: Float64Array;
  /** Votes. */
  readonly weights: Float64Array;
}

/** [p] 1 for those who stay. */
function alongWithOthers({ cosines, copies, lengths, weights }: Cut, iterations: number): Uint8Array {
  const count = lengths.length;
  let stays = new Uint8Array(count).fill(1);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const next = new Uint8Array(count);
    let found = 0;
    let hasChanged = false;
    for (let i = 0; i < count; i++) {
      let along = 0;
      for (let j = 0; j < count; j++) {
        if (stays[j] === 1 && copies[i * count + j] === 0) along += weights[j]! * lengths[j]! * cosines[i * count + j]!;
      }
      // Who has no direction, or nobody but copies beside it, is not against anybody.
      const isAlong = along > 0 || lengths[i] === 0;
      if (isAlong) next[i] = 1;
      if (along > 0) found += 1;
      if (next[i] !== stays[i]) hasChanged = true;
    }
    if (found === 0) return stays;
    stays = next;
    if (!hasChanged) break;
  }
  return stays;
}
