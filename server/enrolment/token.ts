/**
 * Invitations as text: a random secret, a moment of expiry, and the operator's signature of both for one run. Imports crypto.
 *
 * base64url of 16 secret bytes, 6 bytes of expiry (milliseconds of the epoch, big-endian), 64 bytes of signature: 115 characters. The store
 * knows the secret's sha256 alone: whoever reads it can redeem nothing, and whoever has no invitation is refused by the signature.
 */
import { createHash } from "node:crypto";
import { concatenate, fromBase64url, toBase64url, toUtf8 } from "../../shared/crypto/encoding.ts";
import { type Identity, sign } from "../../shared/crypto/identity.ts";
import type { SecureRng } from "../../shared/random.ts";
import { verifySignature } from "../verify.ts";

const secretBytes = 16;
const expiryBytes = 6;
const tokenBytes = secretBytes + expiryBytes + 64;

/** An invitation, and the hash that a store keeps of it. */
export interface Invitation {
  readonly token: string;
  readonly hash: string;
}

/** A fresh invitation to one run. */
export function createInvitation(inviter: Identity, run: string, expiresAtMs: number, secure: SecureRng): Invitation {
  const secret = secure.bytes(secretBytes);
  const expiry = new Uint8Array(expiryBytes);
  for (let i = 0, left = Math.floor(expiresAtMs); i < expiryBytes; i++, left = Math.floor(left / 256))
    expiry[expiryBytes - 1 - i] = left % 256;
  const head = concatenate(secret, expiry);
  return { token: toBase64url(concatenate(head, sign(inviter, "invitation", signed(run, head)))), hash: hashOf(secret) };
}

/**
 * The hash by which a store knows an invitation; undefined for one that is no invitation to this run, or has expired.
 * @param inviter public key, base64url
 */
export function readInvitation(token: string, run: string, inviter: string, nowMs: number): string | undefined {
  if (!/^[A-Za-z0-9_-]{115}$/.test(token)) return undefined;
  const bytes = fromBase64url(token);
  if (bytes.length !== tokenBytes) return undefined;
  const head = bytes.subarray(0, secretBytes + expiryBytes);
  if (!verifySignature(inviter, "invitation", signed(run, head), toBase64url(bytes.subarray(head.length)))) return undefined;
  const expiresAtMs = head.subarray(secretBytes).reduce((value, byte) => value * 256 + byte, 0);
  return nowMs < expiresAtMs ? hashOf(head.subarray(0, secretBytes)) : undefined;
}

function signed(run: string, head: Uint8Array): Uint8Array {
  return concatenate(toUtf8(`${run}\0`), head);
}

function hashOf(secret: Uint8Array): string {
  return createHash("sha256").update(secret).digest("base64url");
}
