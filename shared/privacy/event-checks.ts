/** What the fields of an event may be: one-line guards. Imports check. */
import { finite } from "../check.ts";

const relations: readonly string[] = ["add-remove", "replace", "zero-out"];

/** @throws RangeError for a relation that does not exist */
export function knownRelation(neighboring: string): void {
  if (!relations.includes(neighboring)) throw new RangeError(`"neighboring" expected one of ${relations.join(", ")}`);
}

/** @throws RangeError for a relation that has no analysis with a kind of sampling */
export function refuseRelation(neighboring: string, allowed: readonly string[], what: string): void {
  if (!allowed.includes(neighboring)) {
    throw new RangeError(`"neighboring" expected ${allowed.join(" or ")} with ${what}, got "${neighboring}"`);
  }
}

/** @throws RangeError for a number that is negative, NaN or infinite */
export function nonNegative(value: number, label: string): void {
  finite(value, label);
  notBelowZero(value, label);
}

/** @throws RangeError for a number that is negative or NaN; infinity is allowed */
export function notBelowZero(value: number, label: string): void {
  if (typeof value !== "number" || !(value >= 0)) throw new RangeError(`"${label}" expected a number of at least 0, got ${value}`);
}
