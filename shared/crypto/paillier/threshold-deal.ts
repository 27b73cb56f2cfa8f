/**
 * Dealing a Paillier key to holders, none of whom gets the private key. Imports this folder, encoding, errors, random.
 *
 * With safe primes p = 2p' + 1 and q = 2q' + 1, m = p'q' and d = 0 mod m, d = 1 mod n: c^(2d) = 1 + 2Mn mod n^2 opens c to its
 * plaintext M. d is shared by a random polynomial f of degree threshold - 1 modulo n m: s_i = f(i), f(0) = d.
 *
 * Source: Damgard and Jurik 2001, section 4.1, https://doi.org/10.1007/3-540-44586-2_9
 */
import { CofactorError } from "../../errors.ts";
import { type SecureRng, secureRng } from "../../random.ts";
import { bytesToBigInt } from "../encoding.ts";
import { bitLength, greatestCommonDivisor, inverseMod, powerMod } from "./arithmetic.ts";
import { bigIntPower, type PowerFactory } from "./decrypt.ts";
import { createPublicKey, type PaillierPublicKey } from "./keys.ts";
import { createKeyShare, createThresholdKey, deltaOf, type KeyShare, maxHolders, type ThresholdKey } from "./threshold-key.ts";

/** What a key is dealt from. */
export interface DealOptions {
  /** Length of n. */
  readonly bits: number;
  readonly threshold: number;
  readonly holders: number;
  /** A random safe prime (p and (p - 1) / 2 are prime) of exactly so many bits from a CSPRNG: openssl-power.node.ts. */
  readonly drawSafePrime: (bits: number) => Promise<bigint>;
  /** A faster, constant-time exponentiation where the platform has one. */
  readonly power?: PowerFactory;
  readonly secure?: SecureRng;
  /** Takes keys shorter than 2048 bits: for tests only. */
  readonly allowWeak?: boolean;
}

/** A dealt key: its public part, and one share for each holder in the order of their indexes. */
export interface DealtShares {
  readonly key: ThresholdKey;
  readonly shares: readonly KeyShare[];
}

/**
 * Deals a fresh key.
 *
 * Guarantees: any `threshold` shares open what the key encrypts, fewer are independent of what opens it (but for 2^-128); primes, polynomial
 * and private key are not kept. BigInts cannot be wiped: the process that deals should end soon after.
 * Trust: whoever runs this could keep the primes. Deal on a machine that all holders trust.
 *
 * @throws CofactorError CONFIG_INVALID for a threshold outside 2 to `holders`, more than 16 holders, an unsound length, or when
 *   `drawSafePrime` gives something else
 */
export async function dealThresholdKey(options: DealOptions): Promise<DealtShares> {
  const { bits, threshold, holders, power = bigIntPower, secure = secureRng } = options;
  if (!(Number.isInteger(holders) && holders <= maxHolders && Number.isInteger(threshold) && threshold >= 2 && threshold <= holders)) {
    throw refused(`expected a threshold from 2 to the number of holders, at most ${maxHolders}, got ${threshold} of ${holders}`);
  }
  const { publicKey, order } = await drawModulus(options);
  const { n, nSquared } = publicKey;
  const modulus = n * order;
  const coefficients = [order * inverseMod(order, n)];
  while (coefficients.length < threshold) coefficients.push(drawBelow(modulus, bits / 4, secure));
  const secrets = Array.from({ length: holders }, (_, at) => evaluate(coefficients, BigInt(at + 1), modulus));
  const root = drawBelow(nSquared, publicKey.bytes * 2, secure);
  const base = (root * root) % nSquared;
  const raised = powerMod(base, deltaOf(options), nSquared);
  const verifiers = secrets.map((secret) => power(secret, nSquared)(raised));
  const key = createThresholdKey({ publicKey, threshold, holders, base, verifiers });
  return { key, shares: secrets.map((secret, at) => createKeyShare(key, at + 1, secret)) };
}

/**
 * Checks that a share is the one that the key's verification value commits to.
 * @throws CofactorError CONFIG_INVALID naming the holder, never the share
 */
export function verifyKeyShare(key: ThresholdKey, share: KeyShare, power: PowerFactory = bigIntPower): void {
  const { nSquared } = key.publicKey;
  const raised = powerMod(key.base, deltaOf(key), nSquared);
  if (power(share.secret, nSquared)(raised) !== key.verifiers[share.index - 1]) {
    throw refused(`fails its check: the share of holder ${share.index} does not belong to it`);
  }
}

/** n = p q and m = p'q' from two fresh safe primes. */
async function drawModulus(options: DealOptions): Promise<{ readonly publicKey: PaillierPublicKey; readonly order: bigint }> {
  const { bits, drawSafePrime, allowWeak = false } = options;
  for (;;) {
    const [p, q] = await Promise.all([drawSafePrime(bits / 2), drawSafePrime(bits / 2)]);
    if (!isSafePrime(p) || !isSafePrime(q)) throw refused('expected safe primes from "drawSafePrime"');
    const n = p * q;
    const order = ((p - 1n) / 2n) * ((q - 1n) / 2n);
    if (p === q || bitLength(n) !== bits || greatestCommonDivisor(n, order) !== 1n) continue;
    return { publicKey: createPublicKey(n, { allowWeak }), order };
  }
}

/** A Fermat test of both primes: what it guards against is a wrong source, not a hostile one. */
function isSafePrime(p: bigint): boolean {
  const half = (p - 1n) / 2n;
  return p % 4n === 3n && powerMod(2n, p - 1n, p) === 1n && powerMod(2n, half - 1n, half) === 1n;
}

/** Uniform below `bound` of `bytes` bytes but for 2^-128. */
function drawBelow(bound: bigint, bytes: number, secure: SecureRng): bigint {
  return bytesToBigInt(secure.bytes(bytes + 16)) % bound;
}

/** The polynomial at x by Horner's rule. */
function evaluate(coefficients: readonly bigint[], x: bigint, modulus: bigint): bigint {
  return coefficients.reduceRight((sum, coefficient) => (sum * x + coefficient) % modulus, 0n);
}

function refused(message: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", `"threshold key" ${message}`);
}
