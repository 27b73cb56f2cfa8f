/**
 * Masked vectors under Paillier encryption: the ring's words are packed with guard bits, the sum of the words is brought back into the
 * ring after it was opened. Imports crypto, the seam.
 */
import { ringWords } from "../crypto/masks/ring.ts";
import { blockCount, createPacking, type Packing, pack } from "../crypto/paillier/packing.ts";
import type { Carrier, VectorForm } from "./carrier.ts";
import type { Opening } from "./paillier-key.ts";
import type { PaillierKeyOptions } from "./paillier-options.ts";
import { wireBytes } from "./paillier-packed.ts";
import type { RoundFrame } from "./protection.ts";

/** Bits of a word that count: all 32 of a pair's. */
function bitsOf({ bits }: VectorForm): number {
  return Math.min(32, bits);
}

/** Ciphertexts of a masked vector. @throws CofactorError CONFIG_INVALID when a slot would be too wide for the cohort */
export function maskedCiphertexts({ key }: Pick<Opening, "key">, form: VectorForm, frame: RoundFrame): number {
  return blockCount(packingOf(key.bits, form, frame), ringWords(form.size, form.bits));
}

/** The carrier of `masked-paillier`. */
export function paillierCarrier(opening: Opening, options: Pick<PaillierKeyOptions, "exponentBits">): Carrier {
  const { key } = opening;
  return {
    assertSound: (form, frame) => void maskedCiphertexts(opening, form, frame),
    answerBytes: (form, frame) => maskedCiphertexts(opening, form, frame) * wireBytes(key),
    async seal(vector, form, frame, secure) {
      const { encryptBlocks } = await import("../crypto/paillier/ciphertext.ts");
      // Words are moved to lie around zero, as packing wants them.
      const modulus = 2 ** bitsOf(form);
      const values = Float64Array.from(vector, (value) => (value % modulus) - modulus / 2);
      return encryptBlocks(key, pack(packingOf(key.bits, form, frame), values), options.exponentBits, secure);
    },
    async createSum(form, frame) {
      const { CiphertextSum, unpackSums } = await import("./ciphertext-sum.ts");
      const sum = new CiphertextSum(key, maskedCiphertexts(opening, form, frame));
      return {
        check: (answer) => sum.check(answer),
        add: (answer) => sum.add(answer),
        export: () => sum.export(),
        async reveal(opener, count) {
          const blocks = await opening.open(opener, frame, count, sum.export());
          const words = unpackSums(packingOf(key.bits, form, frame), blocks, ringWords(form.size, form.bits), count);
          return toVector(words, count, form);
        },
      };
    },
  };
}

/** Sums of moved words as a vector of the ring: sums of low words carry into the high ones. */
function toVector(words: Float64Array, count: number, form: VectorForm): Uint32Array {
  const isSingle = form.bits <= 32;
  const modulus = 2 ** bitsOf(form);
  const out = new Uint32Array(words.length);
  let carry = 0;
  for (let i = 0; i < words.length; i++) {
    const isLow = isSingle || i % 2 === 0;
    const total = words[i]! + (count * modulus) / 2 + (isLow ? 0 : carry);
    carry = Math.floor(total / modulus);
    out[i] = total - carry * modulus;
  }
  return out;
}

/** A moved word is at most 2^(bits - 1) in size: one bit more than its bits, with the sign. */
function packingOf(keyBits: number, form: VectorForm, frame: RoundFrame): Packing {
  return createPacking(keyBits, bitsOf(form) + 1, frame.cohort.size);
}
