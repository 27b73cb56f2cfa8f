/** Advancing a model that never leaves the process: baselines, which promise nobody anything. Imports shared. */
import type { Aggregate, ModelState } from "../../shared/models/model.ts";
import type { Run } from "../../shared/run.ts";
import { toPrecision } from "../../shared/wire/model-codec.ts";

/** The state after a plain sum. Deployed and simulated rounds go by `advanceModel`, which takes released sums alone. */
export function advancePlainly(run: Run, current: ModelState, sum: Aggregate): ModelState {
  const next = run.model.advance(current, sum);
  return { ...next, shared: toPrecision(next.shared, run.terms.precision) };
}
