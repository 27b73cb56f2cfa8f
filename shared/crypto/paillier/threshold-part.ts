/**
 * A holder's part in opening ciphertexts, and the check of another's. Imports this folder, encoding, errors, random.
 *
 * Form of a part: c^(2 holders! s_i) mod n^2 for each ciphertext c, in the ciphertexts' own wire form and order, then one proof for all.
 *
 * Source: Damgard and Jurik 2001, section 4.1, https://doi.org/10.1007/3-540-44586-2_9
 */
import { CofactorError, isCofactorError } from "../../errors.ts";
import { type SecureRng, secureRng } from "../../random.ts";
import { concatenate } from "../encoding.ts";
import { runInSlices } from "../pause.ts";
import { powerMod } from "./arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes, ciphertextToBytes, sharesFactor } from "./ciphertext.ts";
import { createCiphertextCheck } from "./ciphertext-check.ts";
import { bigIntPower, type PowerFactory } from "./decrypt.ts";
import { deltaOf, holderIndex, type KeyShare, type ThresholdKey } from "./threshold-key.ts";
import { proofBytes, proveSteps, verifySteps } from "./threshold-proof.ts";

/**
 * Raises checked ciphertexts in wire form to 2 holders! s_i.
 * Guarantees: a ciphertext's result depends on it alone, so that any division among workers gives the same bytes.
 */
export type Raiser = (ciphertexts: Uint8Array) => Promise<Uint8Array>;

/**
 * Makes a holder's part for ciphertexts in wire form. `context` says what is opened, for example run, round and range: the part is worthless
 * in another.
 *
 * Guarantees: anything but canonical, invertible ciphertexts is refused before the share is touched.
 *
 * @throws CofactorError SHAPE_MISMATCH, UPDATE_REJECTED naming the first bad ciphertext
 */
export type PartialDecryptor = (ciphertexts: Uint8Array, context: string) => Promise<Uint8Array>;

/** How powers of secrets are made. */
export interface PartialOptions {
  /** A faster, constant-time exponentiation where the platform has one (openssl-power.node.ts); else BigInt's, which is neither. */
  readonly power?: PowerFactory;
  /** Another way to raise many ciphertexts (partial-workers.node.ts). */
  readonly raise?: Raiser;
  readonly secure?: SecureRng;
}

/**
 * What a holder opens with. It answers every request it is given: whoever calls it decides what may be opened.
 * Gives other work a turn every few milliseconds.
 */
export function createPartialDecryptor(key: ThresholdKey, share: KeyShare, options: PartialOptions = {}): PartialDecryptor {
  const { power = bigIntPower, raise = createRaiser(key, share, power), secure = secureRng } = options;
  return async (ciphertexts, context) => {
    checkWire(key, ciphertexts, ciphertexts.length / ciphertextBytes(key.publicKey));
    const partials = await raise(ciphertexts);
    const statement = { key, index: share.index, context, ciphertexts, partials };
    return concatenate(partials, await runInSlices(proveSteps(statement, share, power, secure)));
  };
}

/** Raises in this thread. */
export function createRaiser(key: ThresholdKey, share: KeyShare, power: PowerFactory): Raiser {
  const { publicKey } = key;
  const wire = ciphertextBytes(publicKey);
  const twiceDelta = 2n * deltaOf(key);
  // Made at first use: it costs some 50 ms.
  let raise: ((base: bigint) => bigint) | undefined;
  function* steps(ciphertexts: Uint8Array): Generator<void, Uint8Array, void> {
    raise ??= power(share.secret, publicKey.nSquared);
    const out = new Uint8Array(ciphertexts.length);
    for (let at = 0; at < out.length; at += wire) {
      // The public part of the exponent first: what remains fits the modulus, and is no power of a non-square.
      const base = powerMod(ciphertextFromBytes(publicKey, ciphertexts, at), twiceDelta, publicKey.nSquared);
      ciphertextToBytes(publicKey, base === 1n ? 1n : raise(base), out, at);
      yield;
    }
    return out;
  }
  return (ciphertexts) => runInSlices(steps(ciphertexts));
}

/** Bytes of a part for `count` ciphertexts. */
export function partBytes(key: ThresholdKey, count: number): number {
  return count * ciphertextBytes(key.publicKey) + proofBytes(key);
}

/**
 * Checks the form of a holder's part for `count` ciphertexts: length, digits below n, no factor with n. Cheap; nothing is computed with what
 * does not pass.
 * @returns the powers, without the proof
 * @throws CofactorError SHAPE_MISMATCH or UPDATE_REJECTED with details.holder; RangeError for an index that is no holder's
 */
export function checkPart(key: ThresholdKey, index: number, count: number, part: Uint8Array): Uint8Array {
  const holder = holderIndex(key, index);
  if (part.length !== partBytes(key, count)) {
    const message = `the part of holder ${holder} expected ${partBytes(key, count)} bytes, got ${part.length}`;
    throw new CofactorError("SHAPE_MISMATCH", message, { details: { holder } });
  }
  const partials = part.subarray(0, count * ciphertextBytes(key.publicKey));
  try {
    checkWire(key, partials, count);
  } catch (cause) {
    if (!isCofactorError(cause)) throw cause;
    throw new CofactorError(cause.code, `the part of holder ${holder} is malformed: ${cause.message}`, { details: { holder } });
  }
  return partials;
}

/**
 * Verifies that a part is what holder `index` must answer for these ciphertexts in this context. In steps, so that others get their turns.
 *
 * Guarantees: a part that passes gives, with any others that pass, the plaintexts (threshold-proof.ts says why and with what chance of error).
 *
 * @throws CofactorError SHAPE_MISMATCH or UPDATE_REJECTED with details.holder when it is the part that is wrong, without when it is the
 *   ciphertexts; RangeError for an index that is no holder's
 */
export async function verifyPart(
  key: ThresholdKey,
  index: number,
  ciphertexts: Uint8Array,
  part: Uint8Array,
  context: string,
): Promise<void> {
  const count = ciphertexts.length / ciphertextBytes(key.publicKey);
  checkWire(key, ciphertexts, count);
  const partials = checkPart(key, index, count, part);
  const isProved = await runInSlices(verifySteps({ key, index, context, ciphertexts, partials }, part.subarray(partials.length)));
  if (isProved) return;
  const message = `the part of holder ${index} expected a proof for these ciphertexts in this round: it does not hold`;
  throw new CofactorError("UPDATE_REJECTED", message, { details: { holder: index } });
}

/** Canonical, and without a factor with n. */
function checkWire(key: ThresholdKey, bytes: Uint8Array, count: number): void {
  const { publicKey } = key;
  if (!Number.isInteger(count) || count < 1) {
    const unit = ciphertextBytes(publicKey);
    throw new CofactorError("SHAPE_MISMATCH", `ciphertexts expected a multiple of ${unit} bytes, at least one, got ${bytes.length}`);
  }
  createCiphertextCheck(publicKey)(bytes, count);
  const index = sharesFactor(publicKey, bytes)[0];
  if (index !== undefined) {
    throw new CofactorError("UPDATE_REJECTED", `ciphertext ${index} expected no common factor with n`, { details: { index } });
  }
}
