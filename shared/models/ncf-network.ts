/**
 * The scoring network of neural collaborative filtering with its slopes written out: a product part (GMF), a hidden part (MLP), or
 * both (NeuMF). May import math, random.
 *
 * Score of user part (g, m) and item rows (qg, qm): z = headG.(g o qg) + headM.a_L + bias, a_1 = relu(U m + V qm + b_1),
 * a_l = relu(W_l a_{l-1} + b_l). Layout of the shared vector: product rows, hidden rows, then the network: U, V, b_1, W_2, b_2, ..,
 * headM, headG, bias. Parts that are absent have no values.
 *
 * Source: He et al. 2017, sections 3.2 to 3.4, https://arxiv.org/abs/1708.05031
 */
import { addScaled, dot } from "../math/linear.ts";
import type { Rng } from "../random.ts";
import { drawFactors } from "./descent.ts";
import type { ParameterSpec } from "./model.ts";

/** What a network is built for. */
export interface NetworkShape {
  readonly items: number;
  readonly rank: number;
  readonly hasProduct: boolean;
  /** Units of the hidden layers; empty for none. */
  readonly layers: readonly number[];
}

/** A published vector with what is derived from it once for all people. */
export interface OpenNetwork {
  readonly values: Float64Array;
  /** [items x layers[0]] V qm + b_1. */
  readonly itemHidden: Float64Array;
}

/**
 * A network. Its methods share scratch memory: `slopes` and `addSlopes` are of the item that `forward` was called with last, and
 * `forward` is of the user part that `begin` was called with last.
 */
export interface Network {
  readonly parameters: ParameterSpec;
  /** Length of the shared vector. */
  readonly size: number;
  /** Length of a user part. */
  readonly ownSize: number;
  /** @param drawTable gives an item table [items x rank] to begin with, each time it is called */
  initialize(rng: Rng, drawTable: () => Float64Array): Float64Array;
  open(values: Float64Array): OpenNetwork;
  begin(opened: OpenNetwork, own: Float64Array): void;
  /** The score of an item, a logit. */
  forward(item: number): number;
  /** Writes the slope of the score in the user part [ownSize]. */
  ownSlopes(out: Float64Array): void;
  /** out += scale times the slope of the score in the shared vector. */
  addSlopes(scale: number, out: Float64Array): void;
  /** out += scale times the item's own rows: the slope of half their squares. */
  addRows(item: number, scale: number, out: Float64Array): void;
}

/** Builds a network; it keeps scratch memory and so serves one caller at a time. */
export function createNetwork({ items, rank, hasProduct, layers }: NetworkShape): Network {
  const hasHidden = layers.length > 0;
  const depth = layers.length;
  const hiddenAt = hasProduct ? items * rank : 0;
  const networkAt = hiddenAt + (hasHidden ? items * rank : 0);
  const first = layers[0] ?? 0;
  const last = layers[depth - 1] ?? 0;
  const userWeightsAt = networkAt;
  const itemWeightsAt = userWeightsAt + first * rank;
  // Where each layer's weights and biases begin; the first layer's weights are U and V.
  const weightsAt: number[] = [itemWeightsAt];
  const biasesAt: number[] = [itemWeightsAt + first * rank];
  let end = networkAt + (hasHidden ? 2 * first * rank + first : 0);
  for (let layer = 1; layer < depth; layer++) {
    weightsAt.push(end);
    biasesAt.push(end + layers[layer]! * layers[layer - 1]!);
    end += layers[layer]! * (layers[layer - 1]! + 1);
  }
  const headMAt = end;
  const headGAt = headMAt + last;
  const biasAt = headGAt + (hasProduct ? rank : 0);
  const size = biasAt + 1;
  const ownHiddenAt = hasProduct ? rank : 0;
  const ownSize = ownHiddenAt + (hasHidden ? rank : 0);

  const active = layers.map((units) => new Float64Array(units));
  const errors = layers.map((units) => new Float64Array(units));
  const userHidden = new Float64Array(first);
  let opened: OpenNetwork = { values: new Float64Array(0), itemHidden: new Float64Array(0) };
  let own: Float64Array = new Float64Array(0);
  let current = 0;
  let hasErrors = false;

  /** The slope of the score in every layer's sums. */
  function backward(): void {
    if (hasErrors) return;
    hasErrors = true;
    const { values } = opened;
    for (let layer = depth - 1; layer >= 0; layer--) {
      const error = errors[layer]!;
      const output = active[layer]!;
      const above = errors[layer + 1];
      for (let unit = 0; unit < error.length; unit++) {
        let slope = 0;
        if (output[unit]! > 0) {
          if (above === undefined) slope = values[headMAt + unit]!;
          else
            for (let next = 0; next < above.length; next++)
              slope += above[next]! * values[weightsAt[layer + 1]! + next * error.length + unit]!;
        }
        error[unit] = slope;
      }
    }
  }

  return {
    parameters: [
      ...(hasProduct ? [{ name: "itemProduct", shape: [items, rank] }] : []),
      ...(hasHidden ? [{ name: "itemHidden", shape: [items, rank] }] : []),
      { name: "network", shape: [size - networkAt] },
    ],
    size,
    ownSize,
    initialize(rng, drawTable) {
      const values = new Float64Array(size);
      if (hasProduct) values.set(drawTable());
      if (hasHidden) {
        values.set(drawTable(), hiddenAt);
        // He's scale keeps the size of what passes through rectified layers.
        values.set(drawFactors(rng, 1, 2 * first * rank, 0, Math.sqrt(1 / rank)), userWeightsAt);
        for (let layer = 1; layer < depth; layer++) {
          const inputs = layers[layer - 1]!;
          values.set(drawFactors(rng, layers[layer]!, inputs, 0, Math.sqrt(2 / inputs)), weightsAt[layer]!);
        }
        values.set(drawFactors(rng, 1, last, 0, Math.sqrt(1 / last)), headMAt);
      }
      // The product part begins as an inner product.
      if (hasProduct) values.fill(1, headGAt, headGAt + rank);
      return values;
    },
    open(values) {
      const itemHidden = new Float64Array(items * first);
      for (let item = 0; item < items && hasHidden; item++) {
        for (let unit = 0; unit < first; unit++) {
          itemHidden[item * first + unit] =
            values[biasesAt[0]! + unit]! + dot(values, itemWeightsAt + unit * rank, values, hiddenAt + item * rank, rank);
        }
      }
      return { values, itemHidden };
    },
    begin(nextOpened, nextOwn) {
      opened = nextOpened;
      own = nextOwn;
      for (let unit = 0; unit < first; unit++) userHidden[unit] = dot(opened.values, userWeightsAt + unit * rank, own, ownHiddenAt, rank);
    },
    forward(item) {
      const { values, itemHidden } = opened;
      current = item;
      hasErrors = false;
      let score = values[biasAt]!;
      if (hasProduct) for (let f = 0; f < rank; f++) score += values[headGAt + f]! * own[f]! * values[item * rank + f]!;
      for (let layer = 0; layer < depth; layer++) {
        const output = active[layer]!;
        const input = active[layer - 1];
        for (let unit = 0; unit < output.length; unit++) {
          const sum =
            input === undefined
              ? userHidden[unit]! + itemHidden[item * first + unit]!
              : values[biasesAt[layer]! + unit]! + dot(values, weightsAt[layer]! + unit * input.length, input, 0, input.length);
          output[unit] = sum > 0 ? sum : 0;
        }
      }
      if (hasHidden) score += dot(values, headMAt, active[depth - 1]!, 0, last);
      return score;
    },
    ownSlopes(out) {
      const { values } = opened;
      if (hasProduct) for (let f = 0; f < rank; f++) out[f] = values[headGAt + f]! * values[current * rank + f]!;
      if (!hasHidden) return;
      backward();
      out.fill(0, ownHiddenAt, ownSize);
      for (let unit = 0; unit < first; unit++) addScaled(out, ownHiddenAt, errors[0]![unit]!, values, userWeightsAt + unit * rank, rank);
    },
    addSlopes(scale, out) {
      const { values } = opened;
      out[biasAt] = out[biasAt]! + scale;
      for (let f = 0, at = current * rank; f < rank && hasProduct; f++, at++) {
        out[at] = out[at]! + scale * values[headGAt + f]! * own[f]!;
        out[headGAt + f] = out[headGAt + f]! + scale * own[f]! * values[at]!;
      }
      if (!hasHidden) return;
      backward();
      addScaled(out, headMAt, scale, active[depth - 1]!, 0, last);
      for (let layer = depth - 1; layer >= 0; layer--) {
        const error = errors[layer]!;
        const input = active[layer - 1];
        for (let unit = 0; unit < error.length; unit++) {
          const slope = scale * error[unit]!;
          if (slope === 0) continue;
          out[biasesAt[layer]! + unit] = out[biasesAt[layer]! + unit]! + slope;
          if (input !== undefined) addScaled(out, weightsAt[layer]! + unit * input.length, slope, input, 0, input.length);
          else {
            const item = hiddenAt + current * rank;
            addScaled(out, userWeightsAt + unit * rank, slope, own, ownHiddenAt, rank);
            addScaled(out, itemWeightsAt + unit * rank, slope, values, item, rank);
            addScaled(out, item, slope, values, itemWeightsAt + unit * rank, rank);
          }
        }
      }
    },
    addRows(item, scale, out) {
      const { values } = opened;
      if (hasProduct) addScaled(out, item * rank, scale, values, item * rank, rank);
      if (hasHidden) addScaled(out, hiddenAt + item * rank, scale, values, hiddenAt + item * rank, rank);
    },
  };
}
