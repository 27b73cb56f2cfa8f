/** One-line guards for arguments: each takes a value and its label, returns the value, or throws TypeError or RangeError. */

/** A finite number. */
export function finite(value: number, label: string): number {
  if (typeof value !== "number") throw new TypeError(`"${label}" expected a number, got ${describe(value)}`);
  if (!Number.isFinite(value)) throw new RangeError(`"${label}" expected a finite number, got ${value}`);
  return value;
}

/** A finite number in [low, high]. */
export function inRange(value: number, low: number, high: number, label: string): number {
  finite(value, label);
  if (value < low || value > high) throw new RangeError(`"${label}" expected a number in [${low}, ${high}], got ${value}`);
  return value;
}

/** A safe integer in [low, high]. */
export function integer(value: number, low: number, high: number, label: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`"${label}" expected an integer, got ${describe(value)}`);
  return inRange(value, low, high, label);
}

/** An array or typed array of exactly `length` elements. */
export function lengthOf<T extends { readonly length: number }>(value: T, length: number, label: string): T {
  if (value.length !== length) throw new RangeError(`"${label}" expected ${length} values, got ${value.length}`);
  return value;
}

/** A short public description of a value for a message: its type, and its text only for numbers. */
function describe(value: unknown): string {
  return typeof value === "number" ? String(value) : value === null ? "null" : typeof value;
}
