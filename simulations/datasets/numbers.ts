/** Numbers and times straight from bytes: no string is made on the common path. Imports nothing. */

const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const datePattern = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?(?:Z|([+-])(\d\d):?(\d\d))?)?$/;
const powersOfTen = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** The text of bytes that are known to be ASCII. */
function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

/**
 * The decimal number written in bytes[from .. to), rounded as JavaScript rounds a literal.
 *
 * Edge cases: NaN when the bytes are empty, are anything but one decimal number, or mean a number beyond the finite ones.
 */
export function parseDecimal(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const sign = bytes[at];
  if (sign === 0x2d || sign === 0x2b) at++;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= 0x30 && byte <= 0x39) {
      mantissa = mantissa * 10 + byte - 0x30;
      digits++;
    } else if (byte === 0x2e && point < 0) point = digits;
    else return parseSlowly(bytes, from, to);
  }
  if (digits === 0) return Number.NaN;
  if (digits > 15) return parseSlowly(bytes, from, to);
  // Both are exact integers below 2^53, so one division rounds once, correctly.
  const size = point < 0 ? mantissa : mantissa / powersOfTen[digits - point]!;
  return sign === 0x2d ? 0 - size : size;
}

function parseSlowly(bytes: Uint8Array, from: number, to: number): number {
  if (to - from > 400) return Number.NaN;
  const text = asciiText(bytes, from, to);
  const value = decimalPattern.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : Number.NaN;
}

/**
 * A time: a plain number in whatever unit the source uses, or an ISO 8601 date, with or without a time of day, as seconds
 * since 1970 (UTC unless it names an offset).
 *
 * Edge cases: NaN for anything else, also for a day that no calendar has.
 */
export function parseTime(bytes: Uint8Array, from: number, to: number): number {
  const plain = parseDecimal(bytes, from, to);
  if (!Number.isNaN(plain) || to - from > 40) return plain;
  const match = datePattern.exec(asciiText(bytes, from, to));
  if (match === null) return Number.NaN;
  const [year, month, day, hour, minute] = [1, 2, 3, 4, 5].map((group) => Number(match[group] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const second = Number(match[6] ?? 0);
  const midnight = new Date(Date.UTC(2000, month - 1, day));
  midnight.setUTCFullYear(year, month - 1, day);
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day || hour > 24 || minute > 59 || second >= 61) return Number.NaN;
  const offset = match[7] === undefined ? 0 : (match[7] === "-" ? -1 : 1) * (Number(match[8]) * 3600 + Number(match[9]) * 60);
  return midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
}
