/** The tensors of the feature ridge, where they begin, and what they begin with. Imports math, item-features.ts, model.ts. */
import { packedSize } from "../math/linear.ts";
import { knownFeatures } from "./item-features.ts";
import { type ModelParameters, type ModelShape, sizeOf, tensorOf } from "./model.ts";

/** What the feature ridge can be set to. Standard deviations and variances are in rating units. */
export interface RidgeSettings {
  /** s2: what a rating differs from its prediction. */
  readonly noiseVariance: number;
  /** Before anything is known of people: how their mean ratings differ. Likewise what a public feature adds to an item's bias. */
  readonly biasStddev: number;
  /** Before anything is known: how people differ in what a public feature is worth to them. */
  readonly tasteStddev: number;
  /** Likewise for popularity and quality. */
  readonly derivedStddev: number;
  /** v: how items' biases differ from what features and popularity say. */
  readonly itemVariance: number;
  /** How much of the contribution's norm 1 is for the prior of tastes: between 0 and 1. */
  readonly momentShare: number;
  /** Residuals are cut to this, rating units. */
  readonly residualClip: number;
  /** How much of the items' norm is for counting: a weight's size beside a residual of 1. */
  readonly countScale: number;
  /** Greatest weight of a person's residuals; who rated little does not fill the norm. */
  readonly maxWeight: number;
}

/** Sizes and tensors. */
export interface RidgeLayout {
  readonly settings: RidgeSettings;
  readonly items: number;
  /** Entries of an item's row and of a person's tastes: 1, the public features, popularity, quality. */
  readonly order: number;
  /** Entries of a packed symmetric matrix of that order. */
  readonly packed: number;
  /** The middle of the rating range: where biases begin. */
  readonly center: number;
  /** [order] prior units: the standard deviations that the prior of tastes begins with. */
  readonly scale: Float64Array;
  /** [packed]. */
  readonly initialCovariance: Float64Array;
  readonly parameters: ModelParameters;
  /** The vector that is published before round 1. @throws CofactorError CONFIG_INVALID without the values of the items' features */
  initialShared(): Float64Array;
}

/** The tensors of a published vector, as views. */
export interface RidgeTensors {
  /** [items x order]. */
  readonly rows: Float64Array;
  /** [items]. */
  readonly itemBias: Float64Array;
  /** [order] m. */
  readonly mean: Float64Array;
  /** [packed] S. */
  readonly covariance: Float64Array;
}

/** Opens a published vector; no copy is made. */
export function readRidge({ parameters: { shared: spec } }: RidgeLayout, shared: Float64Array): RidgeTensors {
  return {
    rows: tensorOf(shared, spec, "itemRows"),
    itemBias: tensorOf(shared, spec, "itemBias"),
    mean: tensorOf(shared, spec, "tasteMean"),
    covariance: tensorOf(shared, spec, "tasteCovariance"),
  };
}

/** The layout for a run. */
export function createRidgeLayout(settings: RidgeSettings, shape: ModelShape): RidgeLayout {
  const { items, ratingRange } = shape;
  const order = (shape.itemFeatures?.count ?? 0) + 3;
  const packed = packedSize(order);
  const scale = new Float64Array(order).fill(settings.tasteStddev);
  scale[0] = settings.biasStddev;
  scale.fill(settings.derivedStddev, order - 2);
  const initialCovariance = new Float64Array(packed);
  for (let f = 0; f < order; f++) initialCovariance[packedSize(f + 1) - 1] = scale[f]! ** 2;
  const layout: RidgeLayout = {
    settings,
    items,
    order,
    packed,
    center: ratingRange === undefined ? 0 : (ratingRange[0] + ratingRange[1]) / 2,
    scale,
    initialCovariance,
    parameters: parametersOf(items, order, packed),
    initialShared() {
      const shared = new Float64Array(sizeOf(layout.parameters.shared));
      const { rows, itemBias, covariance } = readRidge(layout, shared);
      writePublicRows(rows, shape, order);
      itemBias.fill(layout.center);
      covariance.set(initialCovariance);
      return shared;
    },
  };
  return layout;
}

function parametersOf(items: number, order: number, packed: number): ModelParameters {
  return {
    shared: [
      { name: "itemRows", shape: [items, order] },
      { name: "itemBias", shape: [items] },
      { name: "tasteMean", shape: [order] },
      { name: "tasteCovariance", shape: [packed] },
    ],
    contribution: [
      { name: "tasteShift", shape: [order] },
      { name: "covarianceShift", shape: [packed] },
      { name: "itemResidual", shape: [items] },
      { name: "itemWeight", shape: [items] },
    ],
    // Sums over rounds, each round with the precision of its noise: of residuals, of weights, of the biases they were taken at.
    state: [
      { name: "residuals", shape: [items] },
      { name: "weights", shape: [items] },
      { name: "biases", shape: [items] },
      { name: "precision", shape: [1] },
    ],
  };
}

/** Each item's 1 and public features; popularity and quality are 0 until something is known. */
function writePublicRows(rows: Float64Array, shape: ModelShape, order: number): void {
  const features = knownFeatures(shape);
  for (let item = 0; item < shape.items; item++) {
    rows[item * order] = 1;
    if (features !== undefined) rows.set(features.values.subarray(item * features.count, (item + 1) * features.count), item * order + 1);
  }
}
