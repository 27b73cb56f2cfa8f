/**
 * The bytes of the stages consistency and unmask of a masked round. Imports bitmap, bytes, shamir, encoding.
 *
 * Form and errors as in messages.ts. The devices of the cohort are known to both sides by now, and are not sent again.
 */

import { concatenate } from "../encoding.ts";
import { readBitmap } from "./bitmap.ts";
import { ByteReader, fixedBytes, listBytes, shortBytes } from "./bytes.ts";
import { bitmapBytes, secretBytes } from "./sizes.ts";

const digestBytes = 32;
const signatureBytes = 64;

/** A neighbor's signature of the list of contributors. */
export interface ListSignature {
  readonly index: number;
  /** [64]. */
  readonly signature: Uint8Array;
}

/** Stage unmask, to a device. */
export interface UnmaskBrief {
  /** The devices whose masked vectors are in. */
  readonly contributors: Uint8Array;
  /** Signatures of its out-neighbors on that list, ascending. */
  readonly signatures: readonly ListSignature[];
}

/** Which secret of a device a share is of: of its seed when its vector is in, of its mask key when it is not. */
export type SecretKind = "seed" | "key";

/** One share of one secret of an in-neighbor. */
export interface ReleasedShare {
  /** Whose secret. */
  readonly index: number;
  readonly kind: SecretKind;
  /** [32]. */
  readonly share: Uint8Array;
}

/** Bytes of a consistency brief: the set of contributors (bitmap.ts). */
export function encodeConsistencyBrief(contributors: Uint8Array, devices: number): Uint8Array {
  return fixedBytes(contributors, bitmapBytes(devices), "contributors").slice();
}

/** A consistency brief from its bytes. */
export function parseConsistencyBrief(bytes: Uint8Array, devices: number): Uint8Array {
  const reader = new ByteReader(bytes, "consistency brief");
  const contributors = readBitmap(reader, devices);
  reader.end();
  return contributors;
}

/** A consistency answer from its bytes: the digest of the set, 32 bytes, which need no encoding. */
export function parseConsistencyAnswer(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes, "consistency answer");
  const digest = reader.take(digestBytes);
  reader.end();
  return digest;
}

/** Bytes of an unmask brief. */
export function encodeUnmaskBrief(brief: UnmaskBrief, devices: number): Uint8Array {
  const signatures = listBytes(brief.signatures, ({ index, signature }) =>
    concatenate(shortBytes(index), fixedBytes(signature, signatureBytes, "signature")),
  );
  return concatenate(encodeConsistencyBrief(brief.contributors, devices), signatures);
}

/** An unmask brief from its bytes. Signatures are not verified here. */
export function parseUnmaskBrief(bytes: Uint8Array, devices: number): UnmaskBrief {
  const reader = new ByteReader(bytes, "unmask brief");
  const contributors = readBitmap(reader, devices);
  const signatures: ListSignature[] = [];
  let index = -1;
  for (let left = reader.count(2 + signatureBytes); left > 0; left--) {
    index = reader.index(devices, index);
    signatures.push({ index, signature: reader.take(signatureBytes) });
  }
  reader.end();
  return { contributors, signatures };
}

/** Bytes of an unmask answer, the shares ascending by index. */
export function encodeUnmaskAnswer(shares: readonly ReleasedShare[]): Uint8Array {
  return listBytes(shares, ({ index, kind, share }) =>
    concatenate(shortBytes(index), Uint8Array.of(kind === "seed" ? 0 : 1), fixedBytes(share, secretBytes, "share")),
  );
}

/** An unmask answer from its bytes. Guarantees: at most one share of any device's secrets, never both. */
export function parseUnmaskAnswer(bytes: Uint8Array, devices: number): readonly ReleasedShare[] {
  const reader = new ByteReader(bytes, "unmask answer");
  const shares: ReleasedShare[] = [];
  let index = -1;
  for (let left = reader.count(3 + secretBytes); left > 0; left--) {
    index = reader.index(devices, index);
    const kind = reader.byte();
    if (kind > 1) reader.fail("expected a share of a seed or of a key");
    shares.push({ index, kind: kind === 0 ? "seed" : "key", share: reader.take(secretBytes) });
  }
  reader.end();
  return shares;
}
