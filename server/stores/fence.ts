/** What every store says to a driver that another one has replaced. Imports errors. */
import { CofactorError } from "../../shared/errors.ts";

/**
 * Refuses a write of an older driver.
 * @param current the run's epoch; undefined for a run that is not there
 * @throws CofactorError FENCED for another epoch than the current one, STORE_FAILED for a run that is not there
 */
export function assertDriver(current: number | undefined, epoch: number): void {
  if (current === undefined) throw new CofactorError("STORE_FAILED", "the store has no run of that name");
  if (current === epoch) return;
  throw new CofactorError("FENCED", `this run is driven by another server now: epoch ${current}, not ${epoch}`, { retryable: true });
}
