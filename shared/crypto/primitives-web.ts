/**
 * Primitives by WebCrypto, in browsers and every other runtime that has it; X25519 and Ed25519 by tweetnacl where the platform's WebCrypto
 * lacks them. Imports tweetnacl, hash, identity, keystream, primitives.
 *
 * What the platform has is found out once, when the primitives are made.
 */
import nacl from "tweetnacl";
import { CofactorError } from "../errors.ts";
import { fromBase64url, toBase64url } from "./encoding.ts";
import { sha256 } from "./hash.ts";
import { sign, signedBytes, verifyText } from "./identity.ts";
import { addWordPairs, addWords, assertPairs, toWords } from "./keystream.ts";
import { assertAgreement, assertBytes, basePoint, type Direction, hideSecret, type Primitives, unusablePoint } from "./primitives.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Curves = Pick<Primitives, "agree" | "verify">;

/** How the curves are computed: by the platform where it can, or always by tweetnacl. */
export interface WebOptions {
  readonly curves?: "platform" | "portable";
}

const blockWords = 65_536;
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);

/** The primitives of the platform's WebCrypto. @throws CofactorError CONFIG_INVALID where there is none (a page not on https) */
export async function createWebPrimitives(options: WebOptions = {}): Promise<Primitives> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new CofactorError("CONFIG_INVALID", "WebCrypto is missing: serve the page over https or from localhost");
  }
  const isPlatform = options.curves !== "portable";
  const hasX25519 = isPlatform && (await has(subtle, "X25519", ["deriveBits"]));
  const hasEd25519 = isPlatform && (await has(subtle, "Ed25519", ["sign", "verify"]));
  const curves: Curves = {
    agree: hasX25519 ? platformAgree(subtle) : portableAgree,
    verify: hasEd25519 ? (...signed) => platformVerify(subtle, ...signed) : verifyText,
  };
  return {
    name: hasX25519 && hasEd25519 ? "web" : hasX25519 ? "web, Ed25519 by tweetnacl" : "web, X25519 by tweetnacl",
    async createAgreementKeys(secure) {
      const secretKey = secure.bytes(32);
      return hideSecret(await curves.agree(secretKey, basePoint), secretKey);
    },
    publicKeyOf: (secretKey) => curves.agree(secretKey, basePoint),
    sign,
    ...curves,
    async hkdf(secret, salt, info, length) {
      const key = await subtle.importKey("raw", secret as Bytes, "HKDF", false, ["deriveBits"]);
      const parameters = { name: "HKDF", hash: "SHA-256", salt: salt as Bytes, info: info as Bytes };
      return new Uint8Array(await subtle.deriveBits(parameters, key, 8 * length));
    },
    addKeystream: (key, out, direction) => addStream(subtle, key, out, direction, addWords),
    async addKeystream64(key, out, direction) {
      assertPairs(out);
      await addStream(subtle, key, out, direction, addWordPairs);
    },
    digest: sha256,
  };
}

async function has(subtle: SubtleCrypto, name: string, usages: KeyUsage[]): Promise<boolean> {
  try {
    await subtle.generateKey({ name }, false, usages);
    return true;
  } catch {
    return false;
  }
}

function platformAgree(subtle: SubtleCrypto): Primitives["agree"] {
  const prepared = new WeakMap<Uint8Array, Promise<CryptoKey>>();
  const prepare = (secretKey: Uint8Array): Promise<CryptoKey> => {
    let key = prepared.get(secretKey);
    if (key === undefined) {
      const pkcs8 = new Uint8Array(48);
      pkcs8.set(pkcs8Prefix);
      pkcs8.set(secretKey, 16);
      key = subtle.importKey("pkcs8", pkcs8, "X25519", false, ["deriveBits"]);
      prepared.set(secretKey, key);
    }
    return key;
  };
  return async (secretKey, peer) => {
    assertAgreement(secretKey, peer);
    const key = await prepare(secretKey);
    try {
      const point = await subtle.importKey("raw", peer as Bytes, "X25519", false, []);
      return usable(new Uint8Array(await subtle.deriveBits({ name: "X25519", public: point }, key, 256)));
    } catch (error) {
      // Platforms refuse a result of all zeros themselves.
      throw unusablePoint(error);
    }
  };
}

function portableAgree(secretKey: Uint8Array, peer: Uint8Array): Uint8Array {
  assertAgreement(secretKey, peer);
  return usable(nacl.scalarMult(secretKey, peer));
}

function usable(shared: Uint8Array): Uint8Array {
  if (shared.every((byte) => byte === 0)) throw unusablePoint();
  return shared;
}

async function platformVerify(
  subtle: SubtleCrypto,
  ...[key, purpose, message, signature]: Parameters<Primitives["verify"]>
): Promise<boolean> {
  try {
    const [keyBytes, bytes] = [fromBase64url(key), fromBase64url(signature)];
    // Lengths and canonical text are checked here, as in identity.ts; the bound of S by the platform (RFC 8032, 5.1.7).
    if (keyBytes.length !== 32 || bytes.length !== 64 || toBase64url(keyBytes) !== key) return false;
    const point = await subtle.importKey("raw", keyBytes as Bytes, "Ed25519", false, ["verify"]);
    return await subtle.verify("Ed25519", point, bytes as Bytes, signedBytes(purpose, message) as Bytes);
  } catch {
    return false;
  }
}

async function addStream(
  subtle: SubtleCrypto,
  secret: Uint8Array,
  out: Uint32Array,
  direction: Direction,
  add: typeof addWords,
): Promise<void> {
  assertBytes(secret, 32, "key");
  const key = await subtle.importKey("raw", secret as Bytes, "AES-CTR", false, ["encrypt"]);
  const counter = new Uint8Array(16);
  const blocks = new DataView(counter.buffer);
  const zeros = new Uint8Array(4 * Math.min(blockWords, out.length));
  for (let at = 0; at < out.length; at += blockWords) {
    const count = Math.min(blockWords, out.length - at);
    blocks.setUint32(12, at / 4);
    const stream = await subtle.encrypt({ name: "AES-CTR", counter, length: 64 }, key, zeros.subarray(0, 4 * count));
    add(out, at, toWords(new Uint8Array(stream), count), direction);
  }
}
