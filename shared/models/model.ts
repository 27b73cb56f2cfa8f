/**
 * The seam for models: what a model keeps shared, what a device contributes, and how the server advances.
 * May import math, random, registry. One file per model; index.ts lists them; the conformance suite proves each.
 */
import type { UserRatings } from "../math/ratings.ts";
import type { Rng } from "../random.ts";
import type { Definition } from "../registry.ts";
import type { PrivatePart } from "./private-part.ts";

/** One named tensor inside a flat vector. */
export interface TensorSpec {
  readonly name: string;
  /** Row-major extents, for example [items, rank]. */
  readonly shape: readonly number[];
}

/** What the numbers of a flat vector mean: its tensors, one behind the other. */
export type ParameterSpec = readonly TensorSpec[];

/** How many values a spec describes. */
export function sizeOf(spec: ParameterSpec): number {
  return spec.reduce((total, tensor) => total + tensor.shape.reduce((product, extent) => product * extent, 1), 0);
}

/** The tensor `name` of a flat vector, as a view: no copy is made. @throws RangeError when there is no such tensor */
export function tensorOf(values: Float64Array, spec: ParameterSpec, name: string): Float64Array {
  let offset = 0;
  for (const tensor of spec) {
    const size = tensor.shape.reduce((product, extent) => product * extent, 1);
    if (tensor.name === name) return values.subarray(offset, offset + size);
    offset += size;
  }
  throw new RangeError(`"tensor" expected one of ${spec.map((tensor) => tensor.name).join(", ")}, got "${name}"`);
}

/** The three flat vectors of a model. */
export interface ModelParameters {
  /** Published to devices: item factors, item biases, ... */
  readonly shared: ParameterSpec;
  /** What one device contributes; the aggregate is a sum of these. */
  readonly contribution: ParameterSpec;
  /** Kept by the server between rounds and never published: optimiser moments, ... Empty where there is none. */
  readonly state: ParameterSpec;
}

/** The cohort's sum, as it comes out of protection and rule. */
export interface Aggregate {
  /** [size of the contribution spec] sum over the contributors. */
  readonly values: Float64Array;
  /** How many contributions were summed, at least 1; under differential privacy the public size of the cohort. */
  readonly count: number;
  /** Where `values` are known modulo a number alone: that number. They lie in half of it around zero. */
  readonly modulus?: number;
  /** Standard deviation of the noise on every entry of `values`; none when left out. */
  readonly noiseStddev?: number;
}

/** What `contribute` gives beside the vector that it wrote. */
export interface Contribution {
  /** 1 unless the model says otherwise; protections sum contributions as they are. */
  readonly weight: number;
  /** The device's next private part. */
  readonly private: PrivatePart;
}

/** Where a model's run stands, on the server. */
export interface ModelState {
  /** [size of the shared spec]. */
  readonly shared: Float64Array;
  /** [size of the state spec]. */
  readonly state: Float64Array;
  /** Rounds advanced so far. */
  readonly round: number;
}

/** A vector for each item, of which the cosine says how alike two items are to people. */
export interface ItemVectors {
  /** Item i's vector is the `length` values from i x `stride`. Not to be written to. */
  readonly values: Float64Array;
  readonly length: number;
  readonly stride: number;
}

/**
 * A recommender split between devices and a server.
 *
 * `Shared` is a published vector opened for use (views and what is derived from it once, such as a Gram matrix).
 * A `PrivatePart` is a device's own part (user vector, user bias); it has no wire form.
 *
 * Guarantees every implementation gives (test/conformance/model.ts): no method but `contribute` writes to an argument, and
 * `contribute` writes only to `out`; the same arguments and rng seed give the same result bit for bit; finite input gives
 * finite output; a person without ratings contributes zeros (plus the model's own regulariser) and can be scored.
 */
export interface Model<Shared = unknown> {
  readonly kind: string;
  /** Whether `score` predicts a rating (judged by rmse) or an order (judged by hr, ndcg). */
  readonly objective: "rating" | "ranking";
  readonly parameters: ModelParameters;
  /**
   * Whether a private part holds what no `fit` gives back, so that a device is judged with the part that it trained. Such a part is memory
   * of its own: whoever replaces it may free it.
   */
  readonly isJudgedAsTrained?: boolean;
  /**
   * Whether a contribution is what changed since the last one that was counted, which the private part remembers. Such a part is written down before
   * anything leaves the device, and becomes the device's own by the server's word that it was counted: nothing is counted twice, nor against
   * another base.
   */
  readonly isCumulative?: boolean;

  /** The state before round 1. */
  initialize(rng: Rng): ModelState;
  /**
   * Opens a published vector: called once per published model, not once per person.
   * @param held how many of the rows hold an item, the others being zeros; by default all. What is weighed by the number of items goes by it
   */
  open(shared: Float64Array, held?: number): Shared;

  /** The private part of a device that has not trained yet. */
  createPrivate(ratings: UserRatings, rng: Rng): PrivatePart;
  /** Fits the private part to fixed shared parameters, with no round: how a cold user is served. Exact where the model allows. */
  fit(shared: Shared, initial: PrivatePart, ratings: UserRatings, rng: Rng): PrivatePart;
  /**
   * One device's part of a round.
   *
   * @param out [size of the contribution spec], overwritten whole with the contribution
   * @returns the device's next private part and the contribution's weight (1 unless the model says otherwise)
   */
  contribute(shared: Shared, initial: PrivatePart, ratings: UserRatings, rng: Rng, out: Float64Array): Contribution;
  /**
   * For a model whose step is a sum of people's statistics: writes what `contribute` would, as a function of the part that it returned and the
   * ratings alone, bit for bit. Absent where a contribution depends on anything else. Its `advance` reads a sum of any people's latest statistics.
   * @param out [size of the contribution spec], overwritten whole
   */
  statistics?(own: PrivatePart, ratings: UserRatings, out: Float64Array): void;
  /**
   * Whether a device has anything to contribute; absent where everyone always has.
   * @param shared the published vector, opened; left out by whoever does not have it yet
   * @returns undefined where only the published vector would tell
   */
  isDue?(own: PrivatePart, ratings: UserRatings, shared: Shared | undefined, rng: Rng): boolean | undefined;
  /** The next state from a cohort's sum. */
  advance(current: ModelState, aggregate: Aggregate): ModelState;

  /** Writes the score of every item (or of `items`) for one person into `out`; rating units when the objective is "rating". */
  score(shared: Shared, own: PrivatePart, out: Float64Array, items?: Int32Array): void;
  /** The items' vectors, for lists of unlike items and for people of several tastes; absent where items have none. No copy is made. */
  itemVectors?(shared: Shared): ItemVectors;
  /**
   * Why an item has its score: writes what each rating adds to it into `out` [n], in the order of `ratings`. For models whose fitted score is
   * such a sum; the others have no explanation.
   *
   * Guarantees: `out` and what is returned sum to the score by the part that `fit` gives, before it is clipped to a range (relative 1e-9).
   * @returns what no rating has a part in: the score of somebody without ratings
   */
  explain?(shared: Shared, ratings: UserRatings, item: number, out: Float64Array): number;
}

/** What a model is built for. */
export interface ModelShape {
  /** Size of the catalogue. */
  readonly items: number;
  /** Expected number of people whose contributions make one aggregate. */
  readonly cohort: number;
  /** Least and greatest rating, when known: predictions of ratings are clipped to it. */
  readonly ratingRange?: readonly [number, number];
  /** Mean of the training ratings, a public constant of the run, when known. */
  readonly globalMean?: number;
  /** Public facts about the items. Only `initialize` reads the values and publishes them: devices know the count alone. */
  readonly itemFeatures?: { readonly count: number; readonly values?: Float64Array | undefined };
  /** Factors to begin with, the most telling column first, where whoever initializes the model brings some. Only `initialize` reads them. */
  readonly itemStart?: ItemFeatures | undefined;
}

/** Public facts about every item as numbers of order one: genres, years, ... */
export interface ItemFeatures {
  /** Features of an item. */
  readonly count: number;
  /** [items x count], row-major. */
  readonly values: Float64Array;
}

/** How the largest contribution entry is bounded, for fixed-point protections. */
export interface ContributionRange {
  /** Entries beyond it are clamped on the device before encoding. */
  readonly maxAbs: number;
  /** Bits after the point. */
  readonly fractionBits: number;
}

/** A model's entry in the index. */
export interface ModelDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** How many rounds the model needs with its defaults and everyone taking part. */
  readonly rounds: number;
  /** A good fixed-point range for this model's contributions under these options; the terms may override it. */
  range(options: Options, shape: ModelShape): ContributionRange;
  create(options: Options, shape: ModelShape): Model;
}
