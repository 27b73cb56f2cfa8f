/** One published figure beside ours: how close they must be, and how both are written in the table. Imports nothing. */

/** How close is close enough. */
export type Tolerance =
  | { readonly kind: "absolute"; readonly by: number }
  | { readonly kind: "relative"; readonly by: number }
  /** Ours may be lower, which is better, by at most `by`; the published figure is a bound. */
  | { readonly kind: "at-most"; readonly by: number; readonly digits: number }
  | { readonly kind: "exact" };

/** Numbers, or a word where there is none, such as "refused". */
export type Figure = number | string | readonly number[];

/** A figure of the table. */
export interface VectorCase {
  readonly id: string;
  readonly what: string;
  readonly expected: Figure;
  /** How it is known, and from whom. */
  readonly source: string;
  readonly tolerance: Tolerance;
  /** What this project's code says. */
  ours(): Figure;
}

/** Within so much. */
export const absolute = (by: number): Tolerance => ({ kind: "absolute", by });
/** Within such a part of the expected figure. */
export const relative = (by: number): Tolerance => ({ kind: "relative", by });
/** Not above, and below by no more than so much. */
export const atMost = (by: number, digits: number): Tolerance => ({ kind: "at-most", by, digits });
/** Nothing else. */
export const exact: Tolerance = { kind: "exact" };

/** Whether ours is as close as the tolerance asks. */
export function isWithin({ expected, tolerance }: VectorCase, ours: Figure): boolean {
  if (typeof expected === "string" || typeof ours === "string") return expected === ours;
  const [wanted, found] = [listOf(expected), listOf(ours)];
  return wanted.length === found.length && wanted.every((want, i) => isNear(want, found[i]!, tolerance));
}

/** Ours in as many digits as the tolerance has, so that a last bit that differs between machines does not show. */
export function writeOurs({ tolerance }: VectorCase, ours: Figure): string {
  return typeof ours === "string"
    ? ours
    : listOf(ours)
        .map((value) => write(value, tolerance))
        .join(", ");
}

/** The published figure as it is. */
export function writeExpected({ expected }: VectorCase): string {
  return typeof expected === "string" ? expected : listOf(expected).map(String).join(", ");
}

/** The tolerance in words. */
export function writeTolerance({ tolerance }: VectorCase): string {
  switch (tolerance.kind) {
    case "absolute":
      return tolerance.by.toExponential();
    case "relative":
      return `${tolerance.by.toExponential()} of it`;
    case "at-most":
      return tolerance.by === Number.POSITIVE_INFINITY ? "at most" : `at most, less by ${tolerance.by.toExponential()}`;
    case "exact":
      return "exact";
  }
}

function listOf(figure: number | readonly number[]): readonly number[] {
  return typeof figure === "number" ? [figure] : figure;
}

function isNear(want: number, found: number, tolerance: Tolerance): boolean {
  switch (tolerance.kind) {
    case "absolute":
      return Math.abs(found - want) <= tolerance.by;
    case "relative":
      return Math.abs(found - want) <= tolerance.by * Math.abs(want);
    case "at-most":
      return found <= want + 1e-6 * Math.abs(want) && found >= want - tolerance.by;
    case "exact":
      return found === want;
  }
}

function write(value: number, tolerance: Tolerance): string {
  switch (tolerance.kind) {
    case "absolute":
      return trim(value.toFixed(Math.min(12, Math.max(0, Math.floor(-Math.log10(tolerance.by))))));
    case "relative":
      return trim(value.toPrecision(Math.min(12, 1 + Math.max(0, Math.floor(-Math.log10(tolerance.by))))));
    case "at-most":
      return trim(value.toFixed(tolerance.digits));
    case "exact":
      return String(value);
  }
}

/** Without zeros that say nothing, and without a minus before zero. */
function trim(text: string): string {
  const short = /e/.test(text) || !text.includes(".") ? text : text.replace(/\.?0+$/, "");
  return short === "-0" ? "0" : short;
}
