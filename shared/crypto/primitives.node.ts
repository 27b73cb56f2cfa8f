/**
 * Primitives by OpenSSL through node:crypto: synchronous, and the fastest at hand. Node only. Imports node:crypto, ed25519.node, keystream,
 * primitives.
 *
 * Keystreams are made in blocks of 32 kB and added while they are in the cache. The OpenSSL form of a secret key lives as long as its bytes,
 * which must not change. Symmetric keys go in as key objects: to find out that bytes are none takes Node longer than the rest.
 */
import {
  createCipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  hash,
  hkdfSync,
  type KeyObject,
} from "node:crypto";
import { signMessage, verifySignature } from "./ed25519.node.ts";
import { addWordPairs, addWords, assertPairs, toWords } from "./keystream.ts";
import { assertAgreement, assertBytes, basePoint, type Direction, hideSecret, type Primitives, unusablePoint } from "./primitives.ts";

const zeros = new Uint8Array(32_768);
const counterFromZero = new Uint8Array(16);
const pkcs8Prefix = Buffer.from("302e020100300506032b656e04220420", "hex");
const secretKeys = new WeakMap<Uint8Array, KeyObject>();
/** Peers' keys as OpenSSL holds them, the last ones used: to make one takes as long as an agreement, and there may be very many. */
const keptPublicKeys = 4_096;
const publicKeys = new Map<string, KeyObject>();

/** The primitives of Node. */
export const nodePrimitives: Primitives = {
  name: "node",
  createAgreementKeys(secure) {
    const secretKey = secure.bytes(32);
    return hideSecret(multiply(secretKey, basePoint), secretKey);
  },
  publicKeyOf: (secretKey) => multiply(secretKey, basePoint),
  agree: multiply,
  hkdf: (secret, salt, info, length) => new Uint8Array(hkdfSync("sha256", createSecretKey(secret), salt, info, length)),
  addKeystream: (key, out, direction) => addStream(key, out, direction, addWords),
  addKeystream64(key, out, direction) {
    assertPairs(out);
    addStream(key, out, direction, addWordPairs);
  },
  sign: signMessage,
  verify: verifySignature,
  digest: (bytes) => new Uint8Array(hash("sha256", bytes, "buffer")),
};

function multiply(secretKey: Uint8Array, peer: Uint8Array): Uint8Array {
  assertAgreement(secretKey, peer);
  let shared: Uint8Array;
  try {
    shared = new Uint8Array(diffieHellman({ privateKey: privateKeyOf(secretKey), publicKey: publicKeyOf(peer) }));
  } catch (error) {
    // OpenSSL itself refuses a result of all zeros.
    throw unusablePoint(error);
  }
  if (shared.every((byte) => byte === 0)) throw unusablePoint();
  return shared;
}

function privateKeyOf(bytes: Uint8Array): KeyObject {
  const known = secretKeys.get(bytes);
  if (known !== undefined) return known;
  const key = toPrivateKey(bytes);
  secretKeys.set(bytes, key);
  return key;
}

function publicKeyOf(bytes: Uint8Array): KeyObject {
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
  const known = publicKeys.get(name);
  if (known !== undefined) return known;
  const oldest = publicKeys.size >= keptPublicKeys ? publicKeys.keys().next().value : undefined;
  if (oldest !== undefined) publicKeys.delete(oldest);
  const key = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: name }, format: "jwk" });
  publicKeys.set(name, key);
  return key;
}

function toPrivateKey(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, bytes]), format: "der", type: "pkcs8" });
}

function addStream(key: Uint8Array, out: Uint32Array, direction: Direction, add: typeof addWords): void {
  assertBytes(key, 32, "key");
  const cipher = createCipheriv("aes-256-ctr", createSecretKey(key), counterFromZero);
  const block = zeros.length / 4;
  for (let at = 0; at < out.length; at += block) {
    const count = Math.min(block, out.length - at);
    const stream = cipher.update(count === block ? zeros : zeros.subarray(0, 4 * count));
    add(out, at, toWords(stream, count), direction);
    // Given back at once: gigabytes of a round's keystreams would keep the collector busier than everything else.
    if (stream.buffer.byteLength === stream.byteLength) stream.buffer.transfer(0);
  }
}
