/** The least noise that meets a budget: a bracketed search on an accountant, deterministic. Imports the accountants, events. */
import { inRange } from "../check.ts";
import { CofactorError } from "../errors.ts";
import type { PrivacyEvent, PrivacyView } from "./event.ts";
import { type ServerKnowledge, seenBy } from "./event-parts.ts";
import { bracket, fallsToZero } from "./numerics/bisect.ts";
import { type AccountantSection, accountantFor, type Budget } from "./spent.ts";

/** What to calibrate for. */
export interface Calibration {
  readonly budget: Budget;
  /** The whole run's event as a function of its noise multiplier; more noise must never cost more. */
  readonly event: (noiseMultiplier: number) => PrivacyEvent;
  readonly view: PrivacyView;
  readonly knowledge?: ServerKnowledge;
  /** The tightest that supports the event when absent. */
  readonly accountant?: AccountantSection;
  /** Relative tolerance of the result. */
  readonly tolerance?: number;
}

/**
 * The smallest noise multiplier whose event stays within the budget, up to `tolerance` (1e-6 of it unless told).
 *
 * Guarantees: the event at the result costs at most the budget by the same accountant: rounding is always towards more noise; the same
 * input gives the same result. Edge cases: a budget that no noise exceeds -> 0; delta 0 with an event of no pure epsilon -> throws.
 *
 * @throws CofactorError CONFIG_INVALID when no noise meets the budget, or the accountant does not support the event; RangeError for a
 * budget out of range
 */
export function calibrateNoise(calibration: Calibration): number {
  const { budget, view, knowledge, tolerance = 1e-6 } = calibration;
  inRange(budget.delta, 0, 1, "delta");
  if (!(budget.epsilon >= 0)) throw new RangeError(`"epsilon" expected a number of at least 0, got ${budget.epsilon}`);
  const epsilonAt = (noiseMultiplier: number): number => {
    const seen = seenBy(calibration.event(noiseMultiplier), view, knowledge);
    return accountantFor(seen, calibration.accountant).compose(seen).epsilon(budget.delta);
  };
  const holds = (noiseMultiplier: number): boolean => epsilonAt(noiseMultiplier) <= budget.epsilon;
  if (holds(0)) return 0;
  const range = bracket(holds, 1);
  if (range === undefined) {
    throw new CofactorError("CONFIG_INVALID", `no noise meets epsilon ${budget.epsilon} at delta ${budget.delta} for these events`, {
      details: { epsilon: budget.epsilon, delta: budget.delta },
    });
  }
  inRange(tolerance, 1e-12, 0.5, "tolerance");
  // In the logarithm epsilon is nearly straight; at a budget of 0 only signs are left, and the search is a bisection.
  const excess = (noiseMultiplier: number): number => {
    const epsilon = epsilonAt(noiseMultiplier);
    return epsilon === budget.epsilon ? 0 : Math.log(epsilon / budget.epsilon);
  };
  return fallsToZero(excess, range[0], range[1], tolerance);
}
