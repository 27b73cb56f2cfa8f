/**
 * Sealed boxes: anyone can lock bytes for a holder of box keys, who alone can open them. tweetnacl's X25519 and secretbox. Imports encoding,
 * errors, random.
 *
 * Form: ephemeral public key [32], then an XSalsa20-Poly1305 box. Its key is SHA-512 of a label, the shared secret, both public keys and the
 * context, cut to 32 bytes; every box has an ephemeral key of its own, so its nonce is zero.
 * Source: libsodium's sealed boxes, https://doc.libsodium.org/public-key_cryptography/sealed_boxes, with the context in the key's derivation.
 */
import nacl from "tweetnacl";
import { CofactorError } from "../errors.ts";
import type { SecureRng } from "../random.ts";
import { concatenate, toUtf8 } from "./encoding.ts";

/** Keys that open sealed boxes. `secretKey` is not enumerable, so logs and copies miss it. */
export interface BoxKeys {
  /** [32]. */
  readonly publicKey: Uint8Array;
  /** [32]. */
  readonly secretKey: Uint8Array;
}

/** How many bytes a sealed box is longer than its content. */
export const sealedBoxOverhead = 48;

const label = toUtf8("cofactor/sealed-box/1\0");

/** Fresh box keys. */
export function createBoxKeys(secure: SecureRng): BoxKeys {
  return boxKeysFromSecret(secure.bytes(32));
}

/** The box keys of a 32-byte secret. @throws RangeError for another length */
export function boxKeysFromSecret(secretKey: Uint8Array): BoxKeys {
  if (secretKey.length !== 32) throw new RangeError(`"secretKey" expected 32 bytes, got ${secretKey.length}`);
  const shown = { publicKey: nacl.scalarMult.base(secretKey) };
  return Object.freeze(Object.defineProperty(shown, "secretKey", { value: secretKey.slice(), enumerable: false })) as BoxKeys;
}

/**
 * Locks bytes for the holder of `publicKey`, in a context (such as "share/run-1/3") that must be the same to open.
 *
 * Guarantees: two boxes of the same bytes differ. The sender is neither named nor authenticated: sign the box for that.
 * @throws CofactorError AUTH_FAILED when `publicKey` is no usable point: with a low-order one nothing would be secret
 */
export function sealBox(publicKey: Uint8Array, context: string, content: Uint8Array, secure: SecureRng): Uint8Array {
  const ephemeral = createBoxKeys(secure);
  const key = publicKey.length === 32 ? boxKey(ephemeral.secretKey, publicKey, ephemeral.publicKey, publicKey, context) : undefined;
  if (key === undefined) throw new CofactorError("AUTH_FAILED", "the receiver's public key is not a usable X25519 point");
  return concatenate(ephemeral.publicKey, nacl.secretbox(content, new Uint8Array(24), key));
}

/** The content of a sealed box. @throws CofactorError DECRYPT_FAILED when keys, context or any byte differ */
export function openBox(keys: BoxKeys, context: string, box: Uint8Array): Uint8Array {
  if (box.length >= sealedBoxOverhead) {
    const ephemeral = box.subarray(0, 32);
    const key = boxKey(keys.secretKey, ephemeral, ephemeral, keys.publicKey, context);
    const content = key && nacl.secretbox.open(box.subarray(32), new Uint8Array(24), key);
    if (content) return content;
  }
  throw new CofactorError("DECRYPT_FAILED", "the sealed box is damaged, or was sealed for another key or context");
}

function boxKey(
  secretKey: Uint8Array,
  peer: Uint8Array,
  ephemeral: Uint8Array,
  receiver: Uint8Array,
  context: string,
): Uint8Array | undefined {
  const shared = nacl.scalarMult(secretKey, peer);
  // RFC 7748, section 6.1: a low-order point gives all zeros, whatever the secret.
  if (shared.every((byte) => byte === 0)) return undefined;
  // All parts before the context have fixed lengths.
  return nacl.hash(concatenate(label, shared, ephemeral, receiver, toUtf8(context))).slice(0, 32);
}
