/** Numbers of a command line as a job, refused with the nearest sound choice. Imports shared, pricing. */
import { CofactorError } from "../../shared/errors.ts";
import type { Job } from "./pricing.ts";

/** What may be typed: undefined where it was not. */
export interface JobOptions {
  readonly clients?: number | undefined;
  readonly values?: number | undefined;
  readonly items?: number | undefined;
  readonly rank?: number | undefined;
  readonly bits: number;
  readonly dropout: number;
  readonly corruption: number;
  readonly min?: number | undefined;
  readonly rounds: number;
  readonly threshold: number;
  readonly holders: number;
  readonly neighbors?: number | undefined;
  readonly groups: number;
}

/**
 * A job; with groups, that of one group: `clients`, `min` and what follows from them are of a group, whose least is refused as a cohort's. Values are `items` times `rank` where they are not given; the least number of contributors is half of the clients, or of those who
 * stay, whichever is less.
 *
 * What only some protections cannot do (a threshold, a number of neighbors) is left to their prices.
 * @throws CofactorError CONFIG_INVALID naming the option and the nearest sound choice
 */
export function toJob(options: JobOptions): Job {
  const { bits, dropout, corruption, rounds, threshold, holders, neighbors } = options;
  const cohort = whole(options.clients, 2, 10_000_000, "clients", 1_000);
  const groups = whole(options.groups, 1, Math.floor(cohort / 2), "groups", 8);
  const clients = Math.floor(cohort / groups);
  const values = valuesOf(options);
  whole(bits, 2, 53, "bits", 24);
  share(dropout, "dropout");
  share(corruption, "corruption");
  const staying = clients - Math.floor(dropout * clients + 1e-9);
  const min = options.min ?? Math.max(1, Math.min(staying, Math.ceil(clients / 2)));
  whole(min, 1, clients, "min", staying);
  if (min > staying) {
    const lost = `${staying} of ${clients} clients${groups > 1 ? " of a group" : ""} stay at dropout ${dropout}, and rounds would be abandoned`;
    throw refused(`"--min" expected at most ${staying}, got ${min}: ${lost}; nearest: ${staying}`);
  }
  whole(rounds, 1, 1_000_000, "rounds", 1);
  whole(threshold, 1, 10_000_000, "threshold", 2);
  whole(holders, 1, 10_000_000, "holders", 3);
  if (neighbors !== undefined) whole(neighbors, 1, clients - 1, "neighbors", 1);
  const job = { clients, groups, values, bits, dropout, corruption, min, rounds, threshold, holders };
  return neighbors === undefined ? job : { ...job, neighbors };
}

function valuesOf({ values, items, rank }: JobOptions): number {
  if (values !== undefined && (items !== undefined || rank !== undefined)) {
    throw refused('"--values" stands for "--items" times "--rank": expected one or the other');
  }
  if (values !== undefined || (items === undefined && rank === undefined)) return whole(values, 1, 100_000_000, "values", 26_912);
  return whole(whole(items, 1, 10_000_000, "items", 1_682) * whole(rank, 1, 1_024, "rank", 16), 1, 100_000_000, "items x --rank", 26_912);
}

function whole(value: number | undefined, least: number, most: number, name: string, example: number): number {
  const expected = `"--${name}" expected a whole number from ${least} to ${most}`;
  if (value === undefined) throw refused(`${expected}, for example --${name} ${example}`);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw refused(`${expected}, got ${value}; nearest: ${Math.min(most, Math.max(least, Math.round(value)))}`);
}

function share(value: number, name: string): void {
  if (value >= 0 && value <= 0.9) return;
  throw refused(`"--${name}" expected a share from 0 to 0.9, got ${value}; nearest: ${Math.min(0.9, Math.max(0, value))}`);
}

function refused(message: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", message);
}
