/**
 * Secrets at rest: bytes sealed under a 32-byte key or a passphrase. tweetnacl's secretbox (XSalsa20-Poly1305); passphrases
 * through PBKDF2 (SHA-256) of WebCrypto. Imports tweetnacl, encoding, errors.
 *
 * Form: version byte (1: key, 2: passphrase), salt [16] where there is a passphrase, nonce [24], box.
 * Source: https://nacl.cr.yp.to/secretbox.html; iterations after OWASP's password storage guide (2023), 600,000 for PBKDF2-SHA-256.
 */
import nacl from "tweetnacl";
import { CofactorError } from "../errors.ts";
import type { SecureRng } from "../random.ts";
import { concatenate, toUtf8 } from "./encoding.ts";

const iterations = 600_000;
const saltBytes = 16;

/** What seals and opens: 32 bytes, or a passphrase. */
export type SealingKey = Uint8Array | string;

/** Seals bytes. @throws RangeError for a key that is not 32 bytes, or a passphrase of fewer than 8 characters */
export async function sealSecret(secret: Uint8Array, key: SealingKey, secure: SecureRng): Promise<Uint8Array> {
  const salt = typeof key === "string" ? secure.bytes(saltBytes) : new Uint8Array(0);
  const nonce = secure.bytes(nacl.secretbox.nonceLength);
  const box = nacl.secretbox(secret, nonce, await boxKey(key, salt));
  return concatenate(Uint8Array.of(typeof key === "string" ? 2 : 1), salt, nonce, box);
}

/** Opens sealed bytes. @throws CofactorError DECRYPT_FAILED for a wrong key or changed bytes */
export async function openSecret(sealed: Uint8Array, key: SealingKey): Promise<Uint8Array> {
  const saltLength = typeof key === "string" ? saltBytes : 0;
  if (sealed[0] !== (typeof key === "string" ? 2 : 1) || sealed.length < 1 + saltLength + nacl.secretbox.nonceLength) {
    throw new CofactorError("DECRYPT_FAILED", `expected bytes sealed under a ${typeof key === "string" ? "passphrase" : "32-byte key"}`);
  }
  const salt = sealed.slice(1, 1 + saltLength);
  const nonce = sealed.slice(1 + saltLength, 1 + saltLength + nacl.secretbox.nonceLength);
  const secret = nacl.secretbox.open(sealed.slice(1 + saltLength + nonce.length), nonce, await boxKey(key, salt));
  if (secret === null) throw new CofactorError("DECRYPT_FAILED", "the key does not open these bytes, or they were changed");
  return secret;
}

async function boxKey(key: SealingKey, salt: Uint8Array): Promise<Uint8Array> {
  if (typeof key !== "string") {
    if (key.length !== 32) throw new RangeError(`"key" expected 32 bytes, got ${key.length}`);
    return key;
  }
  if (key.length < 8) throw new RangeError('"passphrase" expected at least 8 characters');
  const material = await globalThis.crypto.subtle.importKey(
    "raw",
    toUtf8(key.normalize("NFKC")) as Uint8Array<ArrayBuffer>,
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const parameters = { name: "PBKDF2", hash: "SHA-256", salt: salt as Uint8Array<ArrayBuffer>, iterations };
  return new Uint8Array(await globalThis.crypto.subtle.deriveBits(parameters, material, 256));
}
