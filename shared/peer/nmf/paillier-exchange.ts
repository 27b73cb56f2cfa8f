/**
 * The exchange under Paillier: every agent has a key of its own, and nothing but ciphertexts crosses an edge. Imports the seam, signed-slots,
 * crypto/paillier, random, errors.
 *
 * i offers Enc_i(-X_i). j answers Enc_i(-X_i)^b Enc_i(b X_j + e) = Enc_i(b (X_j - X_i) + e), which i opens.
 *
 * The noise e is uniform over the residues of b, below half of b in size: less than a unit of the fixed point. Without it every opened
 * integer would be a multiple of b, and the greatest common divisor of a few slots would be b: X_j would be in the open.
 * Fresh encryption under e's ciphertext hides b in the randomness too.
 *
 * What i still learns, by design of the method: with one b for a block, the direction of X_j - X_i in the block; with one b for each value
 * (blockSize 1), the sign and the size within a factor of three. When all agree the differences are near zero and say little.
 * What it does not withstand: a neighbor that lies about its offer (a huge value tells it b, and with it X_j), and one that is all of an
 * agent's neighbors. Neighbors are taken to be curious, not lying.
 */

import { bytesToBigInt, concatenate, writeBigInt } from "../../crypto/encoding.ts";
import { ciphertextBytes, ciphertextFromBytes, ciphertextToBytes, encryptWith } from "../../crypto/paillier/ciphertext.ts";
import { createCiphertextCheck } from "../../crypto/paillier/ciphertext-check.ts";
import { createDecryptor, type PowerFactory } from "../../crypto/paillier/decrypt.ts";
import { createPublicKey, type PaillierPrivateKey, type PaillierPublicKey } from "../../crypto/paillier/keys.ts";
import { type ExponentBits, powerTableOf } from "../../crypto/paillier/randomizer.ts";
import type { PowerTable, Ring } from "../../crypto/paillier/ring.ts";
import { fastestRing } from "../../crypto/paillier/rings.ts";
import { turn } from "../../crypto/pause.ts";
import { CofactorError } from "../../errors.ts";
import type { SecureRng } from "../../random.ts";
import type { PeerId } from "../program.ts";
import { blindUnit, type DifferenceExchange, greatestBlind } from "./exchange.ts";
import { packSigned, type SignedSlots, signedSlots, unpackSigned } from "./signed-slots.ts";

/** How values become integers. */
export interface FixedPointOptions {
  /** Bits behind the point; default 20. */
  readonly fractionBits?: number;
  /** Values are below 2^integerBits in size; default 6. */
  readonly integerBits?: number;
}

/** What encrypts under one key. */
export interface KeyTools {
  readonly ring: Ring;
  readonly table: PowerTable;
}

/** Options of the exchange. */
export interface PaillierExchangeOptions extends FixedPointOptions {
  readonly key: PaillierPrivateKey;
  readonly secure: SecureRng;
  /** Values of an estimate. */
  readonly size: number;
  /** Values that share a ciphertext and a blind; default as many as fit. 1: a blind for each value, at many times the cost. */
  readonly blockSize?: number;
  /** A faster power for opening, where the platform has one. */
  readonly power?: PowerFactory;
  /** What encrypts under a neighbor's key; default made anew for each neighbor. In one process agents may share it. */
  readonly toolsOf?: (key: PaillierPublicKey) => Promise<KeyTools>;
  /** Takes short keys: for tests alone. */
  readonly allowWeak?: boolean;
}

/** Makes what encrypts under a key. */
export async function createKeyTools(key: PaillierPublicKey, secure: SecureRng, exponentBits: ExponentBits = "half"): Promise<KeyTools> {
  const ring = fastestRing(key);
  return { ring, table: await powerTableOf(key, exponentBits, secure, ring) };
}

/** The slots of a key's plaintexts: differences times blinds, and what noise adds. */
export function slotsFor(keyBits: number, options: FixedPointOptions & { readonly blockSize?: number }): SignedSlots {
  // |b (X_j - X_i) + e| < 384 (2^(integer + fraction + 1) + 1) < 2^(integer + fraction + 10): one more bit for the sign.
  return signedSlots(keyBits, (options.integerBits ?? 6) + (options.fractionBits ?? 20) + 11, options.blockSize ?? Number.MAX_SAFE_INTEGER);
}

/** The encrypted exchange of one agent. */
export function createPaillierExchange(options: PaillierExchangeOptions): DifferenceExchange {
  const { key, secure, size } = options;
  const { publicKey } = key;
  const slots = slotsFor(publicKey.bits, options);
  const blocks = Math.ceil(size / slots.slots);
  const bound = 2 ** ((options.integerBits ?? 6) + (options.fractionBits ?? 20));
  const scale = 2 ** (options.fractionBits ?? 20);
  const decrypt = createDecryptor(key, options.power, secure);
  const checkOwn = createCiphertextCheck(publicKey);
  const toolsOf = options.toolsOf ?? ((theirs) => createKeyTools(theirs, secure));
  const keys = new Map<PeerId, PaillierPublicKey>();
  const tools = new Map<PeerId, Promise<KeyTools>>();
  const ownKey = new Uint8Array(publicKey.bytes);
  writeBigInt(publicKey.n, ownKey, 0, publicKey.bytes);
  const ownTools = toolsOf(publicKey);
  // An error is told where the tools are used.
  ownTools.catch(() => undefined);

  function toIntegers(values: Float64Array): Float64Array {
    if (values.length !== size) throw new CofactorError("SHAPE_MISMATCH", `an estimate expected ${size} values, got ${values.length}`);
    return values.map((value) => {
      const integer = Math.round(value * scale);
      if (!(Math.abs(integer) < bound)) {
        throw new CofactorError("ENCODE_OVERFLOW", `an estimate expected values below ${bound / scale} in size: scale the data down`);
      }
      return integer;
    });
  }

  /** Plaintexts of integers, one for each block. */
  function toPlaintexts(integers: Float64Array, n: bigint, width: number): Uint8Array {
    const out = new Uint8Array(blocks * width);
    for (let block = 0; block < blocks; block++) {
      const value = packSigned(slots, integers, block * slots.slots);
      writeBigInt(value < 0n ? value + n : value, out, block * width, width);
    }
    return out;
  }

  /** The key and the ciphertexts of an offer. */
  function parseOffer(from: PeerId, offer: Uint8Array): { readonly key: PaillierPublicKey; readonly ciphertexts: Uint8Array } {
    const hasKey = offer[0] === 1;
    if (!hasKey && offer[0] !== 0) throw new CofactorError("MESSAGE_MALFORMED", "an offer expected to begin with 0 or 1");
    const known = keys.get(from);
    if (!hasKey) {
      if (known === undefined) throw new CofactorError("AUTH_FAILED", "the first offer of an edge expected a key");
      return { key: known, ciphertexts: offer.subarray(1) };
    }
    if (offer.length < 1 + publicKey.bytes) throw new CofactorError("SHAPE_MISMATCH", "an offer expected a whole key");
    const n = bytesToBigInt(offer.subarray(1, 1 + publicKey.bytes));
    if (known !== undefined && known.n !== n) throw new CofactorError("AUTH_FAILED", "a neighbor changed its key on a living edge");
    const theirs = known ?? createPublicKey(n, { allowWeak: options.allowWeak === true });
    if (theirs.bits !== publicKey.bits) throw new CofactorError("AUTH_FAILED", `a neighbor's key expected ${publicKey.bits} bits`);
    return { key: theirs, ciphertexts: offer.subarray(1 + publicKey.bytes) };
  }

  return {
    kind: "paillier",
    blockSize: slots.slots,
    async offer(values) {
      const negated = toIntegers(values).map((integer) => -integer);
      const { table } = await ownTools;
      const ciphertexts = await encryptWith(table, publicKey, toPlaintexts(negated, publicKey.n, publicKey.bytes), secure);
      return { offer: concatenate(Uint8Array.of(0), ciphertexts), first: concatenate(Uint8Array.of(1), ownKey, ciphertexts) };
    },
    async answer(from, offer, own, blinds) {
      const { key: theirs, ciphertexts } = parseOffer(from, offer);
      keys.set(from, theirs);
      const made = tools.get(from) ?? toolsOf(theirs);
      tools.set(from, made);
      const { ring, table } = await made;
      const noise = drawNoise(blinds, slots.slots, size, secure);
      const masked = toIntegers(own).map((integer, at) => integer * blinds[Math.floor(at / slots.slots)]! + noise[at]!);
      const out = await encryptWith(table, theirs, toPlaintexts(masked, theirs.n, theirs.bytes), secure);
      const width = ciphertextBytes(theirs);
      for (let block = 0; block < blocks; block++) {
        const power = ring.power(ciphertextFromBytes(theirs, ciphertexts, block * width), BigInt(blinds[block]!));
        ciphertextToBytes(theirs, ring.multiply(power, ciphertextFromBytes(theirs, out, block * width)), out, block * width);
        if (block % 16 === 15) await turn();
      }
      return out;
    },
    async open(answer) {
      const out = new Float64Array(size);
      const width = ciphertextBytes(publicKey);
      for (let block = 0; block < blocks; block++) {
        const plain = bytesToBigInt(decrypt(answer.subarray(block * width, (block + 1) * width)));
        const from = block * slots.slots;
        unpackSigned(slots, plain, publicKey.n, out, from, Math.min(slots.slots, size - from));
        if (block % 4 === 3) await turn();
      }
      const most = greatestBlind * (2 * bound + 1);
      for (let at = 0; at < size; at++) {
        if (Math.abs(out[at]!) > most)
          throw new CofactorError("UPDATE_REJECTED", "a difference expected the size of what neighbors may estimate");
        out[at] = out[at]! / (blindUnit * scale);
      }
      return out;
    },
    check(from, kind, message) {
      if (kind === "answer") return checkOwn(message, blocks);
      const { key: theirs, ciphertexts } = parseOffer(from, message);
      createCiphertextCheck(theirs)(ciphertexts, blocks);
      // Known from here on: the next offer may come before this one is answered.
      keys.set(from, theirs);
    },
    forget(neighbor) {
      keys.delete(neighbor);
      tools.delete(neighbor);
    },
  };
}

/** For each value a whole number, uniform over the residues of its block's blind: from -floor(b / 2) to ceil(b / 2) - 1. */
function drawNoise(blinds: Int32Array, blockSize: number, size: number, secure: SecureRng): Float64Array {
  const words = new DataView(secure.bytes(4 * size).buffer);
  const out = new Float64Array(size);
  for (let at = 0; at < size; at++) {
    const blind = blinds[Math.floor(at / blockSize)]!;
    // 32 bits over at most 384 residues: no residue is favored by more than one part in ten million.
    out[at] = (words.getUint32(4 * at) % blind) - (blind >> 1);
  }
  return out;
}
