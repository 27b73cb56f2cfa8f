/**
 * Identities: Ed25519 key pairs by tweetnacl. Every signature is for one purpose and cannot stand for another.
 * Imports tweetnacl, encoding, ids.
 *
 * Source: RFC 8032. The signed bytes are "cofactor/<purpose>/1", a zero byte, then the message.
 */
import nacl from "tweetnacl";
import { type ClientId, toClientId } from "../ids.ts";
import type { SecureRng } from "../random.ts";
import { bigIntToBytes, concatenate, fromBase64url, toBase64url, toUtf8 } from "./encoding.ts";

/** What a signature is for. */
export type SignaturePurpose = "terms" | "join" | "answer" | "open" | "invitation" | "archive" | "link";

/** A key pair. `secretKey` never leaves the device but for its own encrypted store; it is not enumerable, so logs and copies miss it. */
export interface Identity {
  /** [32]. */
  readonly publicKey: Uint8Array;
  /** [64] seed and public key. */
  readonly secretKey: Uint8Array;
  /** The public key as the name of a client. */
  readonly id: ClientId;
}

/** A fresh identity. */
export function createIdentity(secure: SecureRng): Identity {
  return identityFromSeed(secure.bytes(32));
}

/** The identity of a 32-byte seed; the seed is as secret as the key. */
export function identityFromSeed(seed: Uint8Array): Identity {
  const pair = nacl.sign.keyPair.fromSeed(seed);
  const shown = { publicKey: pair.publicKey, id: toClientId(toBase64url(pair.publicKey)) };
  return Object.defineProperty(shown, "secretKey", { value: pair.secretKey, enumerable: false }) as Identity;
}

/** The 32-byte seed of an identity, for its store. */
export function seedOf(identity: Identity): Uint8Array {
  return identity.secretKey.slice(0, 32);
}

/** A 64-byte signature of `message` for one purpose. */
export function sign(identity: Identity, purpose: SignaturePurpose, message: Uint8Array): Uint8Array {
  return nacl.sign.detached(signedBytes(purpose, message), identity.secretKey);
}

/**
 * True when `signature` is the key's signature of `message` for this purpose. Malformed keys and signatures give false.
 *
 * Guarantees: a signature whose second half is not below the group order gives false (RFC 8032, section 5.1.7), which tweetnacl does not
 * check: otherwise anybody could turn one signature of a message into another.
 */
export function verify(publicKey: Uint8Array, purpose: SignaturePurpose, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64 || !isBelowOrder(signature.subarray(32))) return false;
  return nacl.sign.detached.verify(signedBytes(purpose, message), signature, publicKey);
}

/** `verify` for keys and signatures as headers carry them. */
export function verifyText(publicKey: string, purpose: SignaturePurpose, message: Uint8Array, signature: string): boolean {
  try {
    return verify(fromBase64url(publicKey), purpose, message, fromBase64url(signature));
  } catch {
    return false;
  }
}

/** The order of Ed25519's base point, 2^252 + 27742317777372353535851937790883648493, little-endian. */
const groupOrder = bigIntToBytes(2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n, 32);

function isBelowOrder(scalar: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    if (scalar[i] !== groupOrder[i]) return scalar[i]! < groupOrder[i]!;
  }
  return false;
}

/** The bytes that a signature covers. */
export function signedBytes(purpose: SignaturePurpose, message: Uint8Array): Uint8Array {
  return concatenate(toUtf8(`cofactor/${purpose}/1`), new Uint8Array(1), message);
}
