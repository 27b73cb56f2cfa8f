/**
 * What a run has cost by its own log, beside what was planned: the as-run accountant. Imports plan, participation, errors.
 *
 * A plan speaks of what devices may do; the log says what they did. A log that breaks the promise is a fault somewhere, and nothing more may be
 * released on its strength.
 */
import { CofactorError } from "../errors.ts";
import type { GuardSetting } from "./guard.ts";
import { isAdmissible } from "./matrix/participation.ts";
import { type SpentByView, spentAfter } from "./plan.ts";
import type { PrivacyTerms } from "./promise.ts";

/** What a log comes to. */
export interface AsRun {
  /** The most rounds that any one unit took part in. */
  readonly participations: number;
  /** Rounds begun. */
  readonly rounds: number;
  /** By the log; never above the plan's. */
  readonly spent: SpentByView;
}

/**
 * Checks a log against a promise, without adding it up.
 *
 * @param log by unit, the rounds in which it was asked for a contribution, ascending
 * @param rounds begun so far, abandoned ones counted
 * @throws CofactorError LEDGER_CORRUPT when a unit took part in rounds that the promise does not allow, or more rounds were begun than planned
 */
export function assertLogKept(terms: PrivacyTerms, setting: GuardSetting, log: Iterable<readonly number[]>, rounds: number): void {
  if (rounds > setting.rounds) broken(`${setting.rounds} rounds were planned, ${rounds} were begun`);
  for (const unit of log) {
    if (!isAdmissible(terms.participation, unit)) {
      broken(`a device took part in rounds that "${terms.participation.kind}" does not allow`);
    }
  }
}

/**
 * Adds up a log.
 *
 * @param log and rounds as for `assertLogKept`
 * @throws CofactorError LEDGER_CORRUPT when the log does not keep the promise
 */
export function accountAsRun(terms: PrivacyTerms, setting: GuardSetting, log: Iterable<readonly number[]>, rounds: number): AsRun {
  const units = [...log];
  assertLogKept(terms, setting, units, rounds);
  const participations = units.reduce((most, unit) => Math.max(most, unit.length), 0);
  if (participations === 0 || rounds === 0) return { participations, rounds, spent: { server: 0, release: 0 } };
  const planned = spentAfter(terms, setting, rounds);
  // What is independent from round to round costs by participations alone; what hangs together was sized for the schedule as a whole.
  const limited: PrivacyTerms = { ...terms, participation: { kind: "unrestricted", participations } };
  const byCount = spentAfter(limited, setting, rounds);
  const spent = { server: Math.min(planned.server, byCount.server), release: Math.min(planned.release, byCount.release) };
  return { participations, rounds, spent };
}

function broken(what: string): never {
  throw new CofactorError("LEDGER_CORRUPT", `the log does not keep the promise: ${what}; nothing further is released`);
}
