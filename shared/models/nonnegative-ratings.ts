/**
 * What the nonnegative factorizations of ratings share: the device's half, where contributions lie, the start. May import math, random, registry.
 *
 * Of a person with n ratings, for fixed items: sum (r - r0 - p.q)^2 + n (l2 |p|^2 + l1 |p|_1) over p >= 0, with r0 the least rating, so that
 * what is factored is nonnegative. Contribution per rated item: p p', (r - r0) p and a count.
 * Who has no ratings, or no factors, is predicted the global mean.
 */
import { addDiagonal, addOuter, addScaled, dot, packedSize } from "../math/linear.ts";
import { sweepNonnegative } from "../math/nonnegative.ts";
import type { UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";
import type { Model, ModelShape, ParameterSpec } from "./model.ts";
import { PrivatePart } from "./private-part.ts";
import { type StartSection, startFactors } from "./start.ts";

/** What the device's half depends on. */
export interface NonnegativeOptions {
  readonly rank: number;
  readonly l2: number;
  /** Penalty of the sum of a person's factors: above 0 many of them are none at all. */
  readonly l1: number;
  readonly sweeps: number;
  /** How the item factors begin: what else is drawn is the logarithm of a factor. */
  readonly start: StartSection;
}

/** The half that models put an `advance` beside. Shared vector: item factors [items x rank]. */
export interface NonnegativeRatings {
  /** Summed over rated items as the header says: packed p p', (r - r0) p, counts, each for all items. */
  readonly contribution: ParameterSpec;
  /** Entries of a packed p p'. */
  readonly packed: number;
  /** Where the second and third tensor begin. */
  readonly targetAt: number;
  readonly countAt: number;
  /** Random item factors that predict about the mean. */
  drawItems(rng: Rng): Float64Array;
  readonly device: Pick<
    Model<Float64Array>,
    "objective" | "open" | "createPrivate" | "fit" | "contribute" | "statistics" | "itemVectors" | "score"
  >;
}

/** How many sweeps fit a person to fixed items from the start. */
const fitSweeps = 30;

/** The half for a catalogue. */
export function createNonnegativeRatings({ rank, l2, l1, sweeps, start }: NonnegativeOptions, shape: ModelShape): NonnegativeRatings {
  const { items } = shape;
  const [least, greatest] = shape.ratingRange ?? [0, Number.POSITIVE_INFINITY];
  const fallback = shape.globalMean ?? least;
  const packed = packedSize(rank);
  const targetAt = items * packed;
  const countAt = targetAt + items * rank;
  // A start at which rank equal factors predict the mean.
  const level = Math.sqrt(Math.max(0.1, fallback - least) / rank);
  const ownStart = (): Float64Array => new Float64Array(rank).fill(level);
  const normal = new Float64Array(packed);
  const target = new Float64Array(rank);
  const outer = new Float64Array(packed);

  function sweepUser(factors: Float64Array, initial: Float64Array, ratings: UserRatings, times: number): Float64Array {
    const rated = ratings.items;
    if (rated.length === 0) return new Float64Array(rank);
    const own = initial.slice();
    normal.fill(0);
    target.fill((-l1 * rated.length) / 2);
    for (let index = 0; index < rated.length; index++) {
      const at = rated[index]! * rank;
      addOuter(normal, 0, 1, factors, at, rank);
      addScaled(target, 0, ratings.values[index]! - least, factors, at, rank);
    }
    addDiagonal(normal, 0, rank, l2 * rated.length);
    sweepNonnegative(normal, 0, target, 0, own, 0, rank, times);
    return own;
  }

  /** A person's statistics, from their factors and ratings. */
  function writeStatistics(own: Float64Array, ratings: UserRatings, out: Float64Array): void {
    out.fill(0, 0, countAt + items);
    outer.fill(0);
    addOuter(outer, 0, 1, own, 0, rank);
    for (let index = 0; index < ratings.items.length; index++) {
      const item = ratings.items[index]!;
      out.set(outer, item * packed);
      addScaled(out, targetAt + item * rank, ratings.values[index]! - least, own, 0, rank);
      out[countAt + item] = 1;
    }
  }

  return {
    contribution: [
      { name: "itemGram", shape: [items, packed] },
      { name: "itemTarget", shape: [items, rank] },
      { name: "itemCount", shape: [items] },
    ],
    packed,
    targetAt,
    countAt,
    drawItems: (rng) => startFactors(start, shape, { rank, stddev: 1 }, rng).map((value) => level * Math.exp(0.5 * value)),
    device: {
      objective: "rating",
      open: (factors) => factors,
      createPrivate: () => new PrivatePart(ownStart()),
      fit: (factors, _initial, ratings) => new PrivatePart(sweepUser(factors, ownStart(), ratings, fitSweeps)),
      contribute(factors, initial, ratings, _rng, out) {
        const own = sweepUser(factors, initial.values, ratings, sweeps);
        writeStatistics(own, ratings, out);
        return { weight: 1, private: new PrivatePart(own) };
      },
      statistics: ({ values }, ratings, out) => writeStatistics(values, ratings, out),
      itemVectors: (values) => ({ values, length: rank, stride: rank }),
      score(factors, own, out, chosen) {
        const hasFactors = own.values.some((value) => value > 0);
        const length = chosen?.length ?? items;
        for (let index = 0; index < length; index++) {
          const rating = hasFactors ? least + dot(own.values, 0, factors, (chosen?.[index] ?? index) * rank, rank) : fallback;
          out[index] = Math.min(greatest, Math.max(least, rating));
        }
      },
    },
  };
}
