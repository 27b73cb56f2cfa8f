/**
 * Whose contribution was no ciphertext, after a sum turned out not to be invertible. Imports arithmetic, ciphertext, keys, encoding.
 *
 * A greatest common divisor at admission would name the sender at once, but its product of all low digits costs as much as adding the
 * contribution does, for every honest one; the search costs nothing until somebody cheats.
 */
import { bytesToBigInt } from "../encoding.ts";
import { sharingFactor } from "./arithmetic.ts";
import { ciphertextBytes, sharesFactor } from "./ciphertext.ts";
import type { PaillierPublicKey } from "./keys.ts";

/** A contributor some of whose ciphertexts share a factor with n. */
export interface Culprit<Client> {
  readonly client: Client;
  /** Which of its ciphertexts, ascending. */
  readonly indexes: readonly number[];
}

/**
 * Finds the contributions with ciphertexts that share a factor with n, by bisection: one product mod n for each contribution and looked-at
 * ciphertext, and two greatest common divisors for each halving on the way to a culprit.
 *
 * Guarantees: names exactly the contributions that share one in a looked-at ciphertext, in their order; the sum of the others is invertible
 * there.
 * @param contributions checked bytes (`CiphertextSum.check`), all of the same length; read once and held until the search is over
 * @param looked the ciphertexts to look at: details.indexes of the sum's AGGREGATION_FAILED; by default all
 */
export function findCulprits<Client>(
  key: PaillierPublicKey,
  contributions: Iterable<readonly [Client, Uint8Array]>,
  looked?: readonly number[],
): readonly Culprit<Client>[] {
  const all = [...contributions];
  const products = all.map(([, bytes]) => productOfLows(key, bytes, looked));
  return sharingFactor(products, key.n).map((place) => {
    const [client, bytes] = all[place]!;
    return { client, indexes: sharesFactor(key, bytes) };
  });
}

function productOfLows(key: PaillierPublicKey, bytes: Uint8Array, looked: readonly number[] | undefined): bigint {
  const width = ciphertextBytes(key);
  const count = looked?.length ?? bytes.length / width;
  let product = 1n;
  for (let i = 0; i < count; i++) {
    const at = width * (looked === undefined ? i : looked[i]!);
    product = (product * bytesToBigInt(bytes.subarray(at, at + key.bytes))) % key.n;
  }
  return product;
}
