/**
 * Conversions to and from paillier-bigint's keys, apart from the keys so that a client's bundle is without that package. Its ciphertexts are
 * converted in ciphertext.ts. Imports keys, arithmetic, errors, paillier-bigint.
 */
import { PrivateKey as ReferencePrivateKey, PublicKey as ReferencePublicKey } from "paillier-bigint";
import { CofactorError } from "../../errors.ts";
import { inverseMod } from "./arithmetic.ts";
import { createPublicKey, type PaillierPrivateKey, type PaillierPublicKey } from "./keys.ts";

/** The key as paillier-bigint's. */
export function toReferencePublicKey(key: PaillierPublicKey): ReferencePublicKey {
  return new ReferencePublicKey(key.n, key.n + 1n);
}

/** The key as paillier-bigint's, with its primes. */
export function toReferencePrivateKey(key: PaillierPrivateKey): ReferencePrivateKey {
  const { n } = key.publicKey;
  const lambda = (key.p - 1n) * (key.q - 1n);
  return new ReferencePrivateKey(lambda, inverseMod(lambda, n), toReferencePublicKey(key.publicKey), key.p, key.q);
}

/**
 * A key from paillier-bigint's.
 * @throws CofactorError CONFIG_INVALID unless g = n + 1: make keys with `simpleVariant = true`, since a random g costs a full
 *   exponentiation for each value and adds no security
 */
export function fromReferencePublicKey(key: ReferencePublicKey, options: { readonly allowWeak?: boolean } = {}): PaillierPublicKey {
  if (key.g !== key.n + 1n) {
    throw new CofactorError("CONFIG_INVALID", '"paillier key" expected g = n + 1: generate keys with simpleVariant = true');
  }
  return createPublicKey(key.n, options);
}
