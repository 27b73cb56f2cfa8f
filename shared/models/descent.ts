/**
 * What the models share whose server steps along a summed gradient: the optimizer, its memory, the start, the step.
 * May import math, random, registry.
 */
import { optimizers } from "../math/optimizers/index.ts";
import type { Rng } from "../random.ts";
import { resolveSection } from "../registry.ts";
import type { Aggregate, ModelState, ParameterSpec, TensorSpec } from "./model.ts";
import type { OptimizerSection } from "./options.ts";

/** The server's side of descent on one flat vector. */
export interface Descent {
  /** The spec of the optimizer's memory. */
  readonly state: ParameterSpec;
  /** The state before round 1, with memory of zeros. */
  start(shared: Float64Array): ModelState;
  /** The state after a step along the cohort's sum. */
  advance(current: ModelState, aggregate: Aggregate): ModelState;
}

/**
 * Descent on `size` values with the optimizer that the section names.
 *
 * @param tensors what the values are made of: the memory is described by the same tensors, where each value has memory of its own
 * @throws CofactorError CONFIG_INVALID
 */
export function createDescent(section: OptimizerSection, size: number, tensors: ParameterSpec = []): Descent {
  const { definition, options } = resolveSection(optimizers, section, "model.optimizer");
  const optimizer = definition.create(options);
  const stateSize = optimizer.stateSize(size);
  return {
    state: memorySpec(tensors, optimizer.valuesPerParameter) ?? [{ name: "optimizer", shape: [stateSize] }],
    start: (shared) => ({ shared, state: new Float64Array(stateSize), round: 0 }),
    advance(current, aggregate) {
      const shared = current.shared.slice();
      const state = current.state.slice();
      optimizer.step(shared, aggregate.values, state, current.round + 1);
      return { shared, state, round: current.round + 1 };
    },
  };
}

function memorySpec(tensors: ParameterSpec, copies: number | undefined): ParameterSpec | undefined {
  if (copies === undefined || tensors.length === 0) return undefined;
  return Array.from({ length: copies }, (_, copy) =>
    tensors.map(({ name, shape }) => ({ name: `${name}Memory${copy + 1}`, shape })),
  ).flat();
}

/** Rows of `rank` normal factors, each with `extra` zeros behind them (biases): [rows x (rank + extra)]. */
export function drawFactors(rng: Rng, rows: number, rank: number, extra: number, stddev: number): Float64Array {
  const width = rank + extra;
  const factors = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) for (let f = 0; f < rank; f++) factors[row * width + f] = stddev * rng.normal();
  return factors;
}

/** The item side of a model with biases: factors, then the bias. */
export function biasedItemSide(items: number, rank: number): TensorSpec {
  return { name: "itemSide", shape: [items, rank + 1] };
}
