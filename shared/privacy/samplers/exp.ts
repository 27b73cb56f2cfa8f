/**
 * exp(-gamma) with proved error: as a double by additions and multiplications alone, and in whole numbers to any precision.
 * Imports bits (types), rational (types).
 *
 * ECMAScript leaves the error of Math.exp to the engine; IEEE 754 fixes that of + and *. So both forms here are the same everywhere.
 */
import type { RandomBits } from "./bits.ts";
import type { Rational } from "./rational.ts";

/** Bits of a uniform number that `isBelowExp` is told. */
export const knownBits = 27;
/** From here on `expOfMinus` is 0. */
export const mostGamma = 64;

const parts = 16;
const guard = 64n;
const table: Float64Array = createTable();

/**
 * exp(-gamma) for gamma >= 0; 0 from `mostGamma` on, where it is below 2^-92.
 *
 * Guarantees: the relative error is below 2^-48. Method: a table in steps of 1/16, times nine terms of the series for the rest r, whose
 * tail is below r^9 / 9! < 2^-54; each of the twenty operations adds at most 2^-53.
 */
export function expOfMinus(gamma: number): number {
  if (!(gamma < mostGamma)) return 0;
  const at = Math.floor(gamma * parts);
  const r = gamma - at / parts;
  const series = 1 - r * (1 - (r / 2) * (1 - (r / 3) * (1 - (r / 4) * (1 - (r / 5) * (1 - (r / 6) * (1 - (r / 7) * (1 - r / 8)))))));
  return table[at]! * series;
}

/**
 * Whole numbers low and high with low <= exp(-gamma) 2^precision <= high, at most 2 apart.
 *
 * Method: in fixed point with 64 more bits, the series of exp(-gamma / 2^s) with gamma / 2^s <= 1/2, squared s times; s is at most 20 with a
 * precision up to 2^19. The series errs by less than two units a term, in less than 2^20 terms; squaring doubles an error and adds one unit:
 * together less than 2^42 units, and 2^62 are allowed for.
 */
export function expBounds({ numerator, denominator }: Rational, precision: bigint): readonly [bigint, bigint] {
  // exp(-gamma) < 2^-precision: nothing but 0 and 1 are left.
  if (numerator >= denominator * precision) return [0n, 1n];
  const bits = precision + guard;
  const one = 1n << bits;
  let halvings = 1n;
  while (numerator << 1n > denominator << halvings) halvings += 1n;
  const rest = (numerator << bits) / (denominator << halvings);
  let [sum, term] = [one, one];
  for (let k = 1n; term !== 0n; k++) {
    term = ((term * rest) >> bits) / k;
    sum += k % 2n === 1n ? -term : term;
  }
  for (let i = 0n; i < halvings; i++) sum = (sum * sum) >> bits;
  const slack = 1n << (guard - 2n);
  const low = (sum - slack) >> guard;
  return [low < 0n ? 0n : low, ((sum + slack) >> guard) + 1n];
}

/**
 * Whether a uniform number in [0, 1) whose first 27 bits are `word` lies below exp(-gamma) / divisor, exactly.
 *
 * More bits are drawn, and the exponential known better, until the two are apart; each round leaves less than one case in 2^30.
 */
export function isBelowExp(bits: RandomBits, word: number, gamma: Rational, divisor: Rational): boolean {
  let drawn = BigInt(word);
  for (let known = BigInt(knownBits); ; known += 32n) {
    const precision = known + 64n;
    const [low, high] = expBounds(gamma, precision);
    const unit = divisor.numerator << (precision - known);
    if ((drawn + 1n) * unit <= low * divisor.denominator) return true;
    if (drawn * unit >= high * divisor.denominator) return false;
    drawn = (drawn << 32n) | BigInt(bits.word());
  }
}

/** exp(-i / 16), each within 2^-52 of its value: powers of exp(-1/16) in 256 bits, of which at most 110 are lost. */
function createTable(): Float64Array {
  const bits = 256n;
  const [factor] = expBounds({ numerator: 1n, denominator: BigInt(parts) }, bits);
  let power = 1n << bits;
  return Float64Array.from({ length: mostGamma * parts }, () => {
    const value = Number(power) / 2 ** 256;
    power = (power * factor) >> bits;
    return value;
  });
}
