/** The seam for server optimizers: how a summed gradient moves parameters. Imports registry. One file each; index.ts lists them. */
import type { Definition } from "../../registry.ts";

/** Moves parameters along a gradient, with memory kept in flat vectors that the server can store. */
export interface Optimizer {
  readonly kind: string;
  /** How many values of memory `size` parameters need. */
  stateSize(size: number): number;
  /** How many values of memory each parameter has to itself, one after the other for all of them; left out where parameters share memory. */
  readonly valuesPerParameter?: number;
  /**
   * One step of descent.
   *
   * @param parameters [n] moved in place
   * @param gradient [n]
   * @param state [stateSize(n)] changed in place; zeros before the first step
   * @param step the number of this step, from 1
   */
  step(parameters: Float64Array, gradient: Float64Array, state: Float64Array, step: number): void;
}

/** An optimizer's entry in the index. */
export interface OptimizerDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options): Optimizer;
}
