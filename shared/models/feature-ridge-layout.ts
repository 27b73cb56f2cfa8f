/** The tensors of the feature ridge, where they begin, and what they begin with. Imports math, model.ts. */
import { packedSize } from "../math/linear.ts";
import { type ModelParameters, type ModelShape, sizeOf, tensorOf } from "./model.ts";

/** What the feature ridge can be set to. Standard deviations and variances are in rating units. */
export interface RidgeSettings {
  /** s2: what a rating differs from its prediction. */
  readonly noiseVariance: number;
  /** Before anything is known of people: how their mean ratings differ. */
  readonly biasStddev: number;
  /** Likewise what a public feature is worth to a person. */
  readonly tasteStddev: number;
  /** Likewise popularity and quality. */
  readonly derivedStddev: number;
  /** How items' biases differ from what features and popularity say. */
  readonly itemVariance: number;
  /** Penalty of that regression's coefficients. */
  readonly itemL2: number;
  /** How much of the contribution's norm 1 is for the prior of tastes: between 0 and 1. */
  readonly momentShare: number;
  /** Norm beyond which a person's deviation from the prior is cut, in prior units. */
  readonly momentClip: number;
  /** Residuals are cut to this. */
  readonly residualClip: number;
  /** How much of the items' norm is for counting: a weight's size beside a residual of 1. */
  readonly countScale: number;
  /** Greatest weight of a person's residuals; who rated little does not fill the norm. */
  readonly maxWeight: number;
  /** About how many ratings a person has: turns sums of weights to numbers of ratings. */
  readonly activity: number;
}

/** Sizes and tensors. */
export interface RidgeLayout {
  readonly settings: RidgeSettings;
  readonly items: number;
  /** Public features of an item. */
  readonly features: number;
  /** Entries of an item's row and of a person's tastes: 1, the public features, popularity, quality. */
  readonly order: number;
  readonly packed: number;
  /** The middle of the rating range: where biases begin. */
  readonly center: number;
  /** [order] prior units. */
  readonly scale: Float64Array;
  readonly initialCovariance: Float64Array;
  readonly parameters: ModelParameters;
  readonly contributionSize: number;
  initialShared(): Float64Array;
  initialState(): Float64Array;
}

/** The tensors of a published vector, as views. */
export interface RidgeTensors {
  /** [items x order]. */
  readonly rows: Float64Array;
  /** [items]. */
  readonly itemBias: Float64Array;
  /** [order]. */
  readonly mean: Float64Array;
  /** [packed]. */
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

/** The layout for a run. @throws RangeError when the features are not [items x count] */
export function createRidgeLayout(settings: RidgeSettings, shape: ModelShape): RidgeLayout {
  const { items, itemFeatures } = shape;
  const features = itemFeatures?.count ?? 0;
  if (itemFeatures !== undefined && itemFeatures.values.length !== 0 && itemFeatures.values.length !== items * features) {
    throw new RangeError(`"itemFeatures.values" expected ${items * features} numbers, got ${itemFeatures.values.length}`);
  }
  const order = features + 3;
  const packed = packedSize(order);
  const center = shape.ratingRange === undefined ? 0 : (shape.ratingRange[0] + shape.ratingRange[1]) / 2;
  const scale = new Float64Array(order).fill(settings.tasteStddev);
  scale[0] = settings.biasStddev;
  scale.fill(settings.derivedStddev, order - 2);
  const initialCovariance = new Float64Array(packed);
  for (let f = 0; f < order; f++) initialCovariance[packedSize(f + 1) - 1] = scale[f]! ** 2;
  const parameters: ModelParameters = {
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
  const layout = { settings, items, features, order, packed, center, scale, initialCovariance, parameters };
  return {
    ...layout,
    contributionSize: sizeOf(parameters.contribution),
    initialState: () => new Float64Array(3 * items + 1),
    initialShared() {
      const shared = new Float64Array(sizeOf(parameters.shared));
      for (let item = 0; item < items; item++) {
        shared[item * order] = 1;
        if (itemFeatures === undefined) continue;
        shared.set(itemFeatures.values.subarray(item * features, (item + 1) * features), item * order + 1);
      }
      shared.fill(center, items * order, items * (order + 1));
      shared.set(initialCovariance, items * (order + 1) + order);
      return shared;
    },
  };
}
