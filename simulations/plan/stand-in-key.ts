/**
 * Keys that only have the right sizes: for lengths, which depend on a key's length alone, and for times, which do not depend on what its
 * numbers are. A real split key takes minutes to make. Imports shared.
 */
import { bigIntToBytes, bytesToBigInt } from "../../shared/crypto/encoding.ts";
import { powerMod } from "../../shared/crypto/paillier/arithmetic.ts";
import { ciphertextBytes } from "../../shared/crypto/paillier/ciphertext.ts";
import { createPublicKey, type PaillierPublicKey } from "../../shared/crypto/paillier/keys.ts";
import {
  createKeyShare,
  createThresholdKey,
  deltaOf,
  type KeyShare,
  type ThresholdKey,
} from "../../shared/crypto/paillier/threshold-key.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";

const known = new Map<number, PaillierPublicKey>();

/** A public key that nobody can open anything with, not even its maker: n is a random odd number without small factors. */
export function standInKey(bits: number): PaillierPublicKey {
  const found = known.get(bits) ?? draw(bits);
  known.set(bits, found);
  return found;
}

/** A split key around it, with the shares of its holders; `verifiers` are only made for those who hold a share. */
export function standInThresholdKey(
  bits: number,
  threshold: number,
  holders: number,
): { readonly key: ThresholdKey; readonly shares: readonly KeyShare[] } {
  const publicKey = standInKey(bits);
  const { nSquared, bytes } = publicKey;
  const root = bytesToBigInt(secureRng.bytes(2 * bytes - 1));
  const base = (root * root) % nSquared;
  const raised = powerMod(base, deltaOf({ holders }), nSquared);
  // Short secrets here: a verification value of a full one takes a full exponentiation, and no figure needs it to be right.
  const verifiers = Array.from({ length: holders }, (_, at) => powerMod(raised, BigInt(at + 2), nSquared));
  const key = createThresholdKey({ publicKey, threshold, holders, base, verifiers });
  const shares = verifiers.map((_, at) => createKeyShare(key, at + 1, bytesToBigInt(secureRng.bytes(2 * bytes - 1))));
  return { key, shares };
}

/** `count` numbers of the form 1 + m n on the wire: every power of one opens to something under every key. */
export function openableCiphertexts(key: PaillierPublicKey, count: number): Uint8Array {
  const out = new Uint8Array(count * ciphertextBytes(key));
  for (let at = 0; at < count; at++) {
    out[at * ciphertextBytes(key)] = 1;
    out.set(plaintexts(key, 1), at * ciphertextBytes(key) + key.bytes);
  }
  return out;
}

/** `count` random plaintexts, each below n. */
export function plaintexts(key: PaillierPublicKey, count: number): Uint8Array {
  const out = secureRng.bytes(count * key.bytes);
  for (let at = 1; at <= count; at++) out[at * key.bytes - 1] = 0;
  return out;
}

function draw(bits: number): PaillierPublicKey {
  const bytes = bigIntToBytes(bytesToBigInt(secureRng.bytes(bits / 8)), bits / 8);
  bytes[bytes.length - 1] = 0xc0;
  for (let n = bytesToBigInt(bytes) | 1n; ; n += 2n) {
    try {
      return createPublicKey(n);
    } catch (error) {
      if (!isCofactorError(error)) throw error;
    }
  }
}
