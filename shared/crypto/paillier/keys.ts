/**
 * Paillier keys in paillier-bigint's terms: n = p q, g = n + 1 (reference.ts converts). Imports arithmetic, errors.
 *
 * Source: Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16; sizes: NIST SP 800-57 part 1 (2048 bits: 112-bit security,
 * 3072: 128)
 */
import { CofactorError } from "../../errors.ts";
import { bitLength, greatestCommonDivisor, powerMod } from "./arithmetic.ts";

/** The public key: encrypts and adds. */
export interface PaillierPublicKey {
  readonly n: bigint;
  /** n^2, the modulus of ciphertexts. */
  readonly nSquared: bigint;
  readonly bits: number;
  /** Bytes of n; a ciphertext takes twice as many. */
  readonly bytes: number;
}

/** The private key: opens. Its primes are not enumerable, so that logs and copies miss them. */
export interface PaillierPrivateKey {
  readonly publicKey: PaillierPublicKey;
  readonly p: bigint;
  readonly q: bigint;
}

/** Sizes that are taken without asking: 112 and 128 bits of security. */
export const soundKeyBits: readonly number[] = [2048, 3072, 4096];

/** Products of the primes below 1000 but 2: no sound n shares a factor with it. */
const smallPrimes = primesBelow(1000).reduce((product, prime) => product * prime, 1n);

/**
 * A public key from n.
 *
 * @param options.allowWeak takes keys shorter than 2048 bits: for tests only
 * @throws CofactorError CONFIG_INVALID for an even n, small factors, or another length than 2048, 3072 or 4096 bits
 */
export function createPublicKey(n: bigint, options: { readonly allowWeak?: boolean } = {}): PaillierPublicKey {
  const bits = n > 0n ? bitLength(n) : 0;
  const isLength = soundKeyBits.includes(bits) || (options.allowWeak === true && bits >= 128 && bits % 8 === 0);
  if (!isLength) throw refused(`expected n of ${soundKeyBits.join(", ")} bits, got ${bits}`);
  if (n % 2n === 0n || greatestCommonDivisor(n, smallPrimes) !== 1n) throw refused("expected n without small factors");
  return Object.freeze({ n, nSquared: n * n, bits, bytes: bits / 8 });
}

/**
 * A private key from its primes.
 * @throws CofactorError CONFIG_INVALID when they make no sound key, are equal, or one fails a Fermat test to the base 2
 */
export function createPrivateKey(p: bigint, q: bigint, options: { readonly allowWeak?: boolean } = {}): PaillierPrivateKey {
  const publicKey = createPublicKey(p * q, options);
  if (p === q || greatestCommonDivisor(publicKey.n, (p - 1n) * (q - 1n)) !== 1n) throw refused("expected two primes that fit together");
  if (powerMod(2n, p - 1n, p) !== 1n || powerMod(2n, q - 1n, q) !== 1n) throw refused("expected two primes, got a composite number");
  const shown = { publicKey };
  Object.defineProperties(shown, { p: { value: p, enumerable: false }, q: { value: q, enumerable: false } });
  return Object.freeze(shown) as PaillierPrivateKey;
}

/**
 * A fresh private key of `bits` bits, with p = q = 3 mod 4 and gcd(p - 1, q - 1) = 2 as Damgard, Jurik and Nielsen ask.
 *
 * @param drawPrime a random prime of exactly so many bits, 3 mod 4, from a CSPRNG
 */
export async function generatePrivateKey(
  bits: number,
  drawPrime: (bits: number) => Promise<bigint>,
  options: { readonly allowWeak?: boolean } = {},
): Promise<PaillierPrivateKey> {
  for (;;) {
    const [p, q] = await Promise.all([drawPrime(bits / 2), drawPrime(bits / 2)]);
    if (p === q || bitLength(p * q) !== bits || p % 4n !== 3n || q % 4n !== 3n) continue;
    if (greatestCommonDivisor(p - 1n, q - 1n) === 2n) return createPrivateKey(p, q, options);
  }
}

/** The public key as JSON text: n in hexadecimal. */
export function publicKeyText(key: PaillierPublicKey): string {
  return key.n.toString(16);
}

/** A public key from hexadecimal. @throws CofactorError CONFIG_INVALID */
export function parsePublicKey(text: string, options: { readonly allowWeak?: boolean } = {}): PaillierPublicKey {
  if (!/^[0-9a-f]{32,2048}$/.test(text)) throw refused("expected n in lower-case hexadecimal");
  return createPublicKey(BigInt(`0x${text}`), options);
}

/** The private key as JSON text, for a key file that is itself encrypted. */
export function privateKeyText(key: PaillierPrivateKey): string {
  return JSON.stringify({ p: key.p.toString(16), q: key.q.toString(16) });
}

/** A private key from its text. @throws CofactorError CONFIG_INVALID; the message never quotes the text */
export function parsePrivateKey(text: string, options: { readonly allowWeak?: boolean } = {}): PaillierPrivateKey {
  let primes: { p?: unknown; q?: unknown };
  try {
    primes = JSON.parse(text) as typeof primes;
  } catch {
    throw refused("expected a private key as JSON");
  }
  if (typeof primes !== "object" || primes === null) throw refused("expected a private key as a JSON object");
  if (typeof primes.p !== "string" || typeof primes.q !== "string" || !/^[0-9a-f]+$/.test(primes.p) || !/^[0-9a-f]+$/.test(primes.q)) {
    throw refused('expected a private key with "p" and "q" in hexadecimal');
  }
  return createPrivateKey(BigInt(`0x${primes.p}`), BigInt(`0x${primes.q}`), options);
}

function refused(message: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", `"paillier key" ${message}`);
}

function primesBelow(limit: number): bigint[] {
  const primes: bigint[] = [];
  for (let candidate = 3; candidate < limit; candidate += 2) {
    if (primes.every((prime) => candidate % Number(prime) !== 0)) primes.push(BigInt(candidate));
  }
  return primes;
}
