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
  inRange(tolerance, 1e-12, 0.5, "tolerance");
  const epsilonBy = (accountant: AccountantSection | undefined, noiseMultiplier: number): number => {
    const seen = seenBy(calibration.event(noiseMultiplier), view, knowledge);
    return accountantFor(seen, accountant).compose(seen).epsilon(budget.delta);
  };
  // In the logarithm epsilon is nearly straight; at a budget of 0 only signs are left, and the search is a bisection.
  const excessBy = (accountant: AccountantSection | undefined) => (noiseMultiplier: number) => {
    const epsilon = epsilonBy(accountant, noiseMultiplier);
    return epsilon === budget.epsilon ? 0 : Math.log(epsilon / budget.epsilon);
  };
  const excess = excessBy(calibration.accountant);
  if (excess(0) <= 0) return 0;
  // The quick accountant, which knows every event, says where to look: a little more noise than the tightest needs.
  const guess = search(excessBy({ kind: "rdp" }), 1, 2, 1e-2) ?? 1;
  const result = search(excess, guess, 1.2, tolerance);
  if (result !== undefined) return result;
  throw new CofactorError("CONFIG_INVALID", `no noise meets epsilon ${budget.epsilon} at delta ${budget.delta} for these events`, {
    details: { epsilon: budget.epsilon, delta: budget.delta },
  });
}

/** The least noise with no excess, from a guess by steps of a factor; undefined when there is none within 60 doublings or so. */
function search(excess: (noiseMultiplier: number) => number, guess: number, factor: number, tolerance: number): number | undefined {
  const known = new Map<number, number>();
  const once = (noiseMultiplier: number): number => {
    const value = known.get(noiseMultiplier) ?? excess(noiseMultiplier);
    known.set(noiseMultiplier, value);
    return value;
  };
  const range = bracket((noiseMultiplier) => once(noiseMultiplier) <= 0, guess, Math.ceil(60 / Math.log2(factor)), factor);
  return range && fallsToZero(once, range[0], range[1], tolerance);
}
