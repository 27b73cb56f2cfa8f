/**
 * Contributions encrypted under a Paillier key that the aggregator does not hold: it multiplies ciphertexts, a keyholder opens
 * the sum. Packed fixed-point values with guard bits. May import crypto, wire, and the seam.
 *
 * The aggregator sees ciphertexts and one sum a round. A keyholder and the aggregator together see every contribution; with one
 * keyholder (the only mode so far) that is one process to trust. Ranges are not proved: a device can lie within its slot, and
 * one that overflows its slot makes the round fail, unnamed.
 *
 * Source: Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16; packing as in Chai et al. 2019, https://arxiv.org/abs/1906.05108
 */
import * as v from "valibot";
import { CiphertextSum, ciphertextBytes, encryptBlocks } from "../crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../crypto/paillier/decrypt.ts";
import {
  generatePrivateKey,
  type PaillierPublicKey,
  parsePrivateKey,
  parsePublicKey,
  privateKeyText,
  publicKeyText,
} from "../crypto/paillier/keys.ts";
import { blockCount, createPacking, type Packing, pack, unpackSums } from "../crypto/paillier/packing.ts";
import type { ExponentBits } from "../crypto/paillier/randomizer.ts";
import { CofactorError } from "../errors.ts";
import type { Aggregate } from "../models/model.ts";
import { decodeFixed, encodedBits, encodeFixed } from "../wire/fixed-point.ts";
import type { AggregatorHalf, KeyholderFactory, Opener, Protection, ProtectionDefinition, RoundFrame } from "./protection.ts";

/** Options of Paillier encryption. */
export interface PaillierOptions {
  readonly kind: "paillier";
  /** Length of n: 2048 (112-bit security) or 3072 (128-bit). */
  readonly bits: 2048 | 3072;
  /** Length of the random exponents: see randomizer.ts. */
  readonly exponentBits: ExponentBits;
  /** n in hexadecimal. */
  readonly publicKey?: string | undefined;
  /** Public identity keys of the keyholders, base64url. */
  readonly keyholders?: readonly string[] | undefined;
}

const countBytes = 4;

/** The definition of Paillier encryption. */
export const paillier: ProtectionDefinition<PaillierOptions> = {
  kind: "paillier",
  summary: "Encrypted under a key that the aggregator does not hold; a keyholder opens only sums.",
  source: "Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16",
  options: v.strictObject({
    kind: v.literal("paillier"),
    bits: v.optional(v.picklist([2048, 3072]), 2048),
    exponentBits: v.optional(v.picklist(["half", 512]), "half"),
    publicKey: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{512,768}$/, "expected n in lower-case hexadecimal"))),
    keyholders: v.optional(v.array(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/, "expected a public identity key in base64url")))),
  }),
  async provision(options, drawPrime) {
    const key = await generatePrivateKey(options.bits, drawPrime);
    return { options: { ...options, publicKey: publicKeyText(key.publicKey) }, secrets: [privateKeyText(key)] };
  },
  createKeyholder(options, secret, power): KeyholderFactory {
    const key = parsePrivateKey(secret);
    if (options.publicKey !== publicKeyText(key.publicKey)) {
      throw new CofactorError("CONFIG_INVALID", "the private key does not belong to the run's public key");
    }
    const decrypt = createDecryptor(key, power);
    return (frame) => {
      const sum = new CiphertextSum(key.publicKey, ciphertextsOf(key.publicKey, frame));
      return { combine: (contribution) => sum.add(contribution), open: async () => decrypt(sum.export()) };
    };
  },
  create(options) {
    if (options.publicKey === undefined) {
      throw new CofactorError("CONFIG_INVALID", '"terms.protection.publicKey" expected the run\'s key: make one with "cofactor keys deal"');
    }
    const key = parsePublicKey(options.publicKey);
    if (key.bits !== options.bits)
      throw new CofactorError("CONFIG_INVALID", `"terms.protection.publicKey" expected ${options.bits} bits, got ${key.bits}`);
    return createProtection(key, options.exponentBits);
  },
};

function createProtection(key: PaillierPublicKey, exponentBits: ExponentBits): Protection {
  return {
    kind: "paillier",
    stages: ["contribution"],
    contributionStage: 0,
    revealsContributions: false,
    assertSound: (frame) => void packingOf(key, frame),
    maxBriefBytes: () => 0,
    maxAnswerBytes: (_stage, frame) => ciphertextsOf(key, frame) * ciphertextBytes(key),
    createDevice: (frame, _self, { secure }) => ({
      answer: async (_stage, _brief, values) => {
        if (values.length !== frame.size) throw new RangeError(`"values" expected ${frame.size} values, got ${values.length}`);
        const { integers } = encodeFixed(values, frame.range);
        return encryptBlocks(key, pack(packingOf(key, frame), integers), exponentBits, secure);
      },
    }),
    createAggregator: (frame) => new PaillierAggregator(key, frame),
  };
}

class PaillierAggregator implements AggregatorHalf {
  readonly #frame: RoundFrame;
  readonly #packing: Packing;
  readonly #sum: CiphertextSum;
  #count = 0;

  constructor(key: PaillierPublicKey, frame: RoundFrame) {
    this.#frame = frame;
    this.#packing = packingOf(key, frame);
    this.#sum = new CiphertextSum(key, ciphertextsOf(key, frame));
  }

  get count(): number {
    return this.#count;
  }

  begin(): void {}

  brief(): Uint8Array {
    return new Uint8Array(0);
  }

  admit(_stage: number, _client: string, answer: Uint8Array): void {
    this.#sum.check(answer);
  }

  combine(_stage: number, _client: string, answer: Uint8Array): void {
    this.#sum.add(answer);
    this.#count += 1;
  }

  export(): Uint8Array {
    const sum = this.#sum.export();
    const part = new Uint8Array(countBytes + sum.length);
    new DataView(part.buffer).setUint32(0, this.#count, true);
    part.set(sum, countBytes);
    return part;
  }

  merge(part: Uint8Array): void {
    const sum = part.subarray(countBytes);
    this.#sum.check(sum);
    this.#sum.add(sum);
    this.#count += new DataView(part.buffer, part.byteOffset, countBytes).getUint32(0, true);
  }

  async reveal(opener: Opener | undefined): Promise<Aggregate> {
    const { cohort, size, range } = this.#frame;
    const count = this.#count;
    if (count < cohort.min) throw new CofactorError("COHORT_TOO_SMALL", `a sum expected at least ${cohort.min} contributors, got ${count}`);
    if (opener === undefined) throw new CofactorError("DECRYPT_FAILED", "no keyholder is there to open the sum", { retryable: true });
    const expected = blockCount(this.#packing, size) * this.#packing.blockBytes;
    let blocks = new Uint8Array(0);
    await opener.open({ frame: this.#frame, contributors: count, sum: this.#sum.export(), needed: 1 }, ({ bytes }) => {
      if (bytes.length !== expected)
        throw new CofactorError("DECRYPT_FAILED", `the keyholder's answer expected ${expected} bytes, got ${bytes.length}`);
      blocks = bytes.slice();
    });
    return { values: decodeFixed(unpackSums(this.#packing, blocks, size, count), range), count };
  }
}

/** The packing that a round's range and largest cohort ask for. */
export function packingOf(key: PaillierPublicKey, frame: RoundFrame): Packing {
  return createPacking(key.bits, encodedBits(frame.range), frame.cohort.size);
}

function ciphertextsOf(key: PaillierPublicKey, frame: RoundFrame): number {
  return blockCount(packingOf(key, frame), frame.size);
}
