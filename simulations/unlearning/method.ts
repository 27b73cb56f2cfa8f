/**
 * The seam for ways to unlearn: what becomes of a run when people leave. One file per method in methods/, listed in its index.ts; every method is
 * judged by the same audit (simulations/audits/forgotten.ts), and by test/conformance/unlearning.test.ts. Imports shared.
 */
import type { ModelState } from "../../shared/models/model.ts";
import type { Definition } from "../../shared/registry.ts";
import type { Run } from "../../shared/run.ts";

/** A way to unlearn. */
export interface UnlearningMethod {
  readonly kind: string;
  /**
   * The state that the run goes on from when people have left.
   * @param kept the states behind each publication so far, the start first, oldest first; at least one
   */
  resume(kept: readonly ModelState[]): ModelState;
  /** Whether those who leave take part once more, with no ratings, so that what a lasting sum holds of them is taken out. */
  readonly saysFarewell: boolean;
  /**
   * How far back the states that the method may go on from lie, at most: what an aggregator must keep. 0: the newest alone.
   */
  readonly keeps: number;
}

/** A method's entry in the index. */
export interface MethodDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** Why the method does not serve a run; undefined when it does. */
  refusal(run: Run): string | undefined;
  create(options: Options): UnlearningMethod;
}
