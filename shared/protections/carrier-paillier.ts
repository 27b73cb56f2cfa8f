/**
 * Masked vectors under Paillier encryption: the ring's 32-bit words are packed with guard bits, the sum of the words is brought back into the
 * ring after it was opened. Imports crypto, the seam.
 */
import { ringWords } from "../crypto/masks/ring.ts";
import { blockCount, createPacking, type Packing, pack } from "../crypto/paillier/packing.ts";
import type { Carrier, VectorForm } from "./carrier.ts";
import type { Opening } from "./paillier-key.ts";
import type { PaillierKeyOptions } from "./paillier-options.ts";
import { wireBytes } from "./paillier-packed.ts";
import type { RoundFrame } from "./protection.ts";

const word = 2 ** 32;
/** Words are moved to lie around zero, as packing wants them. */
const half = 2 ** 31;
/** |word - half| is at most 2^31: one bit more than 32 with the sign. */
const wordBits = 33;

/** Ciphertexts of a masked vector. @throws CofactorError CONFIG_INVALID when a slot would be too wide for the cohort */
export function maskedCiphertexts({ key }: Pick<Opening, "key">, form: VectorForm, frame: RoundFrame): number {
  return blockCount(packingOf(key.bits, frame), ringWords(form.size, form.bits));
}

/** The carrier of `masked-paillier`. */
export function paillierCarrier(opening: Opening, options: Pick<PaillierKeyOptions, "exponentBits">): Carrier {
  const { key } = opening;
  return {
    assertSound: (form, frame) => void maskedCiphertexts(opening, form, frame),
    answerBytes: (form, frame) => maskedCiphertexts(opening, form, frame) * wireBytes(key),
    async seal(vector, _form, frame, secure) {
      const { encryptBlocks } = await import("../crypto/paillier/ciphertext.ts");
      const values = Float64Array.from(vector, (value) => value - half);
      return encryptBlocks(key, pack(packingOf(key.bits, frame), values), options.exponentBits, secure);
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
          const words = unpackSums(packingOf(key.bits, frame), blocks, ringWords(form.size, form.bits), count);
          return toVector(words, count, form);
        },
      };
    },
  };
}

/** Sums of moved words as a vector of the ring: sums of low words carry into the high ones. */
function toVector(words: Float64Array, count: number, { bits }: VectorForm): Uint32Array {
  const out = new Uint32Array(words.length);
  let carry = 0;
  for (let i = 0; i < words.length; i++) {
    const isLow = bits === 32 || i % 2 === 0;
    const total = words[i]! + count * half + (isLow ? 0 : carry);
    carry = Math.floor(total / word);
    out[i] = total - carry * word;
  }
  return out;
}

function packingOf(keyBits: number, frame: RoundFrame): Packing {
  return createPacking(keyBits, wordBits, frame.cohort.size);
}
