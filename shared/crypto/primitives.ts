/**
 * The seam between protocols and the platform's cryptography: key agreement, key derivation, keystreams, signatures, digests.
 * Imports errors, identity, random.
 *
 * All implementations give the same bytes; test/conformance/primitives.ts says so. Methods return a value or a promise of one, since browsers
 * have most of these as promises only: callers await.
 * Sources: X25519 RFC 7748; HKDF-SHA-256 RFC 5869; AES-256-CTR NIST SP 800-38A; Ed25519 RFC 8032; SHA-256 FIPS 180-4.
 */
import { CofactorError } from "../errors.ts";
import type { SecureRng } from "../random.ts";
import type { Identity, SignaturePurpose } from "./identity.ts";

/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/** The sign with which a keystream goes into a sum. */
export type Direction = 1 | -1;

/** X25519 keys. `secretKey` is not enumerable, so logs and copies miss it. */
export interface AgreementKeys {
  /** [32]. */
  readonly publicKey: Uint8Array;
  /** [32]. */
  readonly secretKey: Uint8Array;
}

/**
 * What a platform must be able to do. Keys are plain bytes, which must not change; nothing is kept beyond
 * their life.
 */
export interface Primitives {
  /** Which implementation this is, for reports. */
  readonly name: string;

  /** Fresh X25519 keys. */
  createAgreementKeys(secure: SecureRng): Awaitable<AgreementKeys>;

  /** The X25519 public key of a secret. @throws RangeError unless 32 bytes */
  publicKeyOf(secretKey: Uint8Array): Awaitable<Uint8Array>;

  /**
   * The X25519 shared secret, 32 bytes, to be used through `hkdf` only.
   * @throws CofactorError AUTH_FAILED unless `peer` is 32 bytes, or when it is a low-order point: the secret would be all zeros (RFC 7748, 6.1)
   */
  agree(secretKey: Uint8Array, peer: Uint8Array): Awaitable<Uint8Array>;

  /** HKDF-SHA-256: `length` bytes, at most 8,160; `info` at most 1,024. An empty salt is that of the RFC. */
  hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Awaitable<Uint8Array>;

  /**
   * Adds to every word of `out`, mod 2^32, the keystream's word times `direction`, in place: the words of AES-256-CTR, little-endian, the
   * counter from zero. A key serves one keystream only. @throws RangeError unless the key is 32 bytes
   */
  addKeystream(key: Uint8Array, out: Uint32Array, direction: Direction): Awaitable<void>;

  /** `addKeystream` mod 2^64, on pairs of words, the low one first. @throws RangeError when the number of words is odd */
  addKeystream64(key: Uint8Array, out: Uint32Array, direction: Direction): Awaitable<void>;

  /** The 64-byte Ed25519 signature of `message` for this purpose: the same bytes from every implementation. */
  sign(identity: Identity, purpose: SignaturePurpose, message: Uint8Array): Awaitable<Uint8Array>;

  /** True when `signature` is the Ed25519 key's signature of `message` for this purpose; both in base64url. Malformed ones give false. */
  verify(publicKey: string, purpose: SignaturePurpose, message: Uint8Array, signature: string): Awaitable<boolean>;

  /** The SHA-256 digest, 32 bytes. */
  digest(bytes: Uint8Array): Awaitable<Uint8Array>;
}

/** The base point of X25519: the product with it is the public key. */
export const basePoint: Uint8Array = Uint8Array.of(9, ...new Uint8Array(31));

/** Keys with the secret hidden from enumeration. */
export function hideSecret(publicKey: Uint8Array, secretKey: Uint8Array): AgreementKeys {
  return Object.freeze(Object.defineProperty({ publicKey }, "secretKey", { value: secretKey, enumerable: false })) as AgreementKeys;
}

/** Checks both lengths before an agreement. @throws RangeError for the own secret, CofactorError AUTH_FAILED for the peer's key */
export function assertAgreement(secretKey: Uint8Array, peer: Uint8Array): void {
  assertBytes(secretKey, 32, "secretKey");
  if (peer.length !== 32) throw new CofactorError("AUTH_FAILED", `a peer's public key expected 32 bytes, got ${peer.length}`);
}

/** Checks the length of a key. @throws RangeError */
export function assertBytes(bytes: Uint8Array, length: number, label: string): void {
  if (bytes.length !== length) throw new RangeError(`"${label}" expected ${length} bytes, got ${bytes.length}`);
}

/** What `agree` throws for a point that makes no secret. */
export function unusablePoint(cause?: unknown): CofactorError {
  return new CofactorError("AUTH_FAILED", "a peer's public key is not a usable X25519 point", { cause });
}
