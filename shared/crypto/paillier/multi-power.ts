/**
 * Products of many powers with short exponents, by buckets. Not constant-time: for public values alone. Imports encoding.
 *
 * Source: Pippenger's method as in Bernstein, Doumen, Lange and Oosterwijk 2012, section 4, https://eprint.iacr.org/2012/549
 */
import { bytesToBigInt } from "../encoding.ts";

/** The product of bases[j]^exponents[j] mod modulus, exponents being little-endian bytes of one length; yields every 64 products. */
export function* multiPowerSteps(
  bases: readonly bigint[],
  exponents: readonly Uint8Array[],
  modulus: bigint,
): Generator<void, bigint, void> {
  const width = windowOf(bases.length);
  const numbers = exponents.map((bytes) => bytesToBigInt(bytes));
  const windows = Math.ceil(((exponents[0]?.length ?? 0) * 8) / width);
  const mask = (1n << BigInt(width)) - 1n;
  let result = 1n % modulus;
  for (let window = windows - 1; window >= 0; window--) {
    for (let square = 0; square < width; square++) result = (result * result) % modulus;
    const buckets: (bigint | undefined)[] = new Array(1 << width).fill(undefined);
    const shift = BigInt(window * width);
    for (let j = 0; j < bases.length; j++) {
      const digit = Number((numbers[j]! >> shift) & mask);
      if (digit !== 0) buckets[digit] = times(buckets[digit], bases[j]!, modulus);
      if (j % 64 === 63) yield;
    }
    // Sum of digit * bucket, as products: running products from the top bucket down, multiplied together.
    let running: bigint | undefined;
    let total: bigint | undefined;
    for (let digit = mask; digit > 0n; digit--) {
      const bucket = buckets[Number(digit)];
      if (bucket !== undefined) running = times(running, bucket, modulus);
      if (running !== undefined) total = times(total, running, modulus);
    }
    if (total !== undefined) result = (result * total) % modulus;
    yield;
  }
  return result;
}

/** The window that costs fewest products for so many bases of 128-bit exponents. */
function windowOf(count: number): number {
  let best = 1;
  const cost = (width: number): number => Math.ceil(128 / width) * (count + 2 ** (width + 1));
  for (let width = 2; width <= 10; width++) if (cost(width) < cost(best)) best = width;
  return best;
}

function times(left: bigint | undefined, right: bigint, modulus: bigint): bigint {
  return left === undefined ? right % modulus : (left * right) % modulus;
}
