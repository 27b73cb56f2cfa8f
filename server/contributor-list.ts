/**
 * The list of a sum's contributors as bytes: what the aggregator signs, and what a keyholder checks each contribution against.
 * Imports shared.
 *
 * Form: for each contributor, in the order of the cohort, 128 bytes: identity key (32), sha256 of its contribution (32), its signature
 * of terms, round, stage and digest (64).
 */
import { fromBase64url, toBase64url } from "../shared/crypto/encoding.ts";

/** One contributor of a sum. Everything is base64url. */
export interface Contributor {
  /** Its identity key. */
  readonly client: string;
  /** sha256 of its contribution. */
  readonly digest: string;
  readonly signature: string;
}

/** Bytes of one contributor in a list. */
export const contributorBytes = 128;

/** The bytes of a list. @throws TypeError for a contributor whose fields are not of their lengths */
export function encodeContributors(contributors: readonly Contributor[]): Uint8Array {
  const bytes = new Uint8Array(contributors.length * contributorBytes);
  for (const [index, { client, digest, signature }] of contributors.entries()) {
    const fields = [fromBase64url(client), fromBase64url(digest), fromBase64url(signature)] as const;
    if (fields[0].length !== 32 || fields[1].length !== 32 || fields[2].length !== 64) {
      throw new TypeError(`"contributors" expected a key, a digest and a signature at place ${index}`);
    }
    const start = index * contributorBytes;
    bytes.set(fields[0], start);
    bytes.set(fields[1], start + 32);
    bytes.set(fields[2], start + 64);
  }
  return bytes;
}

/** The contributors of a list. @throws RangeError for a length that is no multiple of a contributor's */
export function decodeContributors(bytes: Uint8Array): Contributor[] {
  if (bytes.length % contributorBytes !== 0) {
    throw new RangeError(`"bytes" expected a multiple of ${contributorBytes} bytes, got ${bytes.length}`);
  }
  return Array.from({ length: bytes.length / contributorBytes }, (_, index) => {
    const start = index * contributorBytes;
    return {
      client: toBase64url(bytes.subarray(start, start + 32)),
      digest: toBase64url(bytes.subarray(start + 32, start + 64)),
      signature: toBase64url(bytes.subarray(start + 64, start + contributorBytes)),
    };
  });
}
