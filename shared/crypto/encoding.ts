/** Bytes as text and as big integers. Imports nothing; runs in browsers and Node. */

const hexDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const base64Values = new Map([...alphabet].map((character, value) => [character, value]));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += hexDigits[bytes[i]!]!;
  return text;
}

/** base64url without padding (RFC 4648, section 5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += alphabet[word >> 18]! + alphabet[(word >> 12) & 63]!;
    if (left > 1) text += alphabet[(word >> 6) & 63]!;
    if (left > 2) text += alphabet[word & 63]!;
  }
  return text;
}

/** The bytes of canonical base64url. @throws TypeError for another character, length, or bits set beyond the last byte */
export function fromBase64url(text: string): Uint8Array {
  if (text.length % 4 === 1) throw new TypeError('"base64url" expected another length');
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = base64Values.get(character);
    if (value === undefined) throw new TypeError('"base64url" expected only A-Z, a-z, 0-9, - and _');
    word = ((word << 6) | value) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (word >> bits) & 0xff;
    }
  }
  if ((word & ((1 << bits) - 1)) !== 0) throw new TypeError('"base64url" expected no bits beyond the last byte');
  return bytes;
}

const utf8 = new TextEncoder();

/** UTF-8. */
export function toUtf8(text: string): Uint8Array {
  return utf8.encode(text);
}

/** Blocks one behind the other. */
export function concatenate(...blocks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(blocks.reduce((total, block) => total + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    out.set(block, at);
    at += block.length;
  }
  return out;
}

/** Equal bytes, compared without stopping at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** The number that little-endian bytes write. Not constant-time. */
export function bytesToBigInt(bytes: Uint8Array): bigint {
  let text = "0x0";
  for (let i = bytes.length - 1; i >= 0; i--) text += hexDigits[bytes[i]!]!;
  return BigInt(text);
}

/** A number as little-endian bytes at `offset` of `out`. @throws RangeError when it is negative or needs more than `length` bytes */
export function writeBigInt(value: bigint, out: Uint8Array, offset: number, length: number): void {
  const text = value.toString(16);
  const digits = value === 0n ? 0 : text.length;
  if (value < 0n || digits > 2 * length) throw new RangeError(`"value" expected a number of at most ${length} bytes`);
  let at = offset;
  for (let i = digits; i > 0; i -= 2) {
    const high = i > 1 ? hexValue(text.charCodeAt(i - 2)) : 0;
    out[at++] = (high << 4) | hexValue(text.charCodeAt(i - 1));
  }
  out.fill(0, at, offset + length);
}

/** A number as `length` little-endian bytes. @throws RangeError when it does not fit */
export function bigIntToBytes(value: bigint, length: number): Uint8Array {
  const out = new Uint8Array(length);
  writeBigInt(value, out, 0, length);
  return out;
}

function hexValue(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
