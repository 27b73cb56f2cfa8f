/**
 * Ed25519 verification by OpenSSL: what an aggregator does for every answer, some forty times faster than in plain JavaScript.
 * Imports node:crypto, encoding, identity.
 *
 * Accepts what identity.ts accepts: a test compares both on good and on damaged signatures.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { fromBase64url } from "./encoding.ts";
import { type SignaturePurpose, signedBytes } from "./identity.ts";

/** Keys as OpenSSL holds them, the last ones used: a device signs once a round. */
const keptKeys = 10_000;
const keys = new Map<string, KeyObject>();

/** True when `signature` is the key's signature of `message` for this purpose; both in base64url. Malformed ones give false. */
export function verifySignature(publicKey: string, purpose: SignaturePurpose, message: Uint8Array, signature: string): boolean {
  try {
    const bytes = fromBase64url(signature);
    return bytes.length === 64 && verify(null, signedBytes(purpose, message), keyOf(publicKey), bytes);
  } catch {
    return false;
  }
}

function keyOf(publicKey: string): KeyObject {
  const known = keys.get(publicKey);
  if (known !== undefined) return known;
  if (fromBase64url(publicKey).length !== 32) throw new TypeError('"publicKey" expected 32 bytes');
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey }, format: "jwk" });
  const oldest = keys.size >= keptKeys ? keys.keys().next().value : undefined;
  if (oldest !== undefined) keys.delete(oldest);
  keys.set(publicKey, key);
  return key;
}
