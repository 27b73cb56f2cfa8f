/**
 * Single steps of Paillier, ours packed as a round packs them, paillier-bigint with one value a ciphertext. CPU time of one thread.
 * Imports shared, paillier-bigint's keys through shared.
 */
import type { PrivateKey as ReferencePrivateKey } from "paillier-bigint";
import { CiphertextSum, ciphertextBytes, ciphertextFromBytes, encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { generatePrivateKey, type PaillierPrivateKey } from "../../shared/crypto/paillier/keys.ts";
import { drawPrime, opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { blockCount, createPacking, type Packing, pack, unpackSums } from "../../shared/crypto/paillier/packing.ts";
import { toReferencePrivateKey } from "../../shared/crypto/paillier/reference.ts";
import { createBigIntRing } from "../../shared/crypto/paillier/ring-bigint.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import type { BenchGroup, BenchJob } from "./bench.ts";

/** Bits of a value and summands of a sum that all groups pack for. */
export const packed = { valueBits: 24, maxCount: 1_024 } as const;

/** A fresh key, its packing and its twin. */
export interface PaillierWorld {
  readonly key: PaillierPrivateKey;
  readonly packing: Packing;
  readonly reference: ReferencePrivateKey;
}

/** What the groups of one key length share. */
export async function createPaillierWorld(bits: number): Promise<PaillierWorld> {
  const key = await generatePrivateKey(bits, drawPrime);
  return { key, packing: createPacking(bits, packed.valueBits, packed.maxCount), reference: toReferencePrivateKey(key) };
}

/** Whole numbers of `packed.valueBits` bits, sign included. */
export function drawValues(count: number, seed: number): Int32Array {
  const rng = createRng(seed, "bench");
  const max = 2 ** (packed.valueBits - 1) - 1;
  return Int32Array.from({ length: count }, () => Math.round((2 * rng.float() - 1) * max));
}

/** Packing and encryption, by the value. */
export function paillierEncrypt({ key, packing, reference }: PaillierWorld): BenchGroup {
  const { publicKey } = key;
  const values = drawValues(16 * packing.slots, 1);
  const encrypt = (exponentBits: "half" | 512) => () => encryptBlocks(publicKey, pack(packing, values), exponentBits, secureRng);
  return {
    title: `encrypt, ${publicKey.bits} bits, ${packed.valueBits}-bit values, ${packing.slots} a ciphertext`,
    unit: "value",
    clock: "cpu",
    cases: [
      { name: "paillier-bigint", run: () => reference.publicKey.encrypt(12_345n) },
      { name: "ours, n/2-bit exponents", units: values.length, run: encrypt("half") },
      { name: "ours, 512-bit exponents", units: values.length, run: encrypt(512) },
    ],
  };
}

/** Encryption by the ciphertext: without the gain of packing. */
export function paillierEncryptBlocks({ key, packing, reference }: PaillierWorld): BenchGroup {
  const { publicKey } = key;
  const units = 16;
  const blocks = pack(packing, drawValues(units * packing.slots, 2));
  const encrypt = (exponentBits: "half" | 512) => () => encryptBlocks(publicKey, blocks, exponentBits, secureRng);
  return {
    title: `encrypt by the ciphertext, ${publicKey.bits} bits`,
    unit: "ciphertext",
    clock: "cpu",
    cases: [
      { name: "paillier-bigint", run: () => reference.publicKey.encrypt(12_345n) },
      { name: "ours, n/2-bit exponents", units, run: encrypt("half") },
      { name: "ours, 512-bit exponents", units, run: encrypt(512) },
    ],
  };
}

/** Checking and adding one contribution, by the value. */
export async function paillierAdd({ key, packing, reference }: PaillierWorld): Promise<BenchGroup> {
  const { publicKey } = key;
  const values = drawValues(200 * packing.slots, 3);
  const ciphertexts = await encryptBlocks(publicKey, pack(packing, values), 512, secureRng);
  const number = ciphertextFromBytes(publicKey, ciphertexts);
  let total = number;
  const sum = new CiphertextSum(publicKey, 200);
  const plain = new CiphertextSum(publicKey, 200, createBigIntRing(publicKey));
  return {
    title: `check and add to a sum, ${publicKey.bits} bits, ${packing.slots} values a ciphertext`,
    unit: "value",
    clock: "cpu",
    cases: [
      {
        name: "paillier-bigint",
        units: 200,
        run: () => {
          for (let i = 0; i < 200; i++) total = reference.publicKey.addition(total, number);
        },
      },
      { name: "ours", units: values.length, run: () => sum.add(ciphertexts) },
      { name: "ours without WebAssembly", units: values.length, run: () => plain.add(ciphertexts) },
    ],
  };
}

/** Opening and unpacking, by the value. */
export async function paillierDecrypt({ key, packing, reference }: PaillierWorld): Promise<BenchGroup> {
  const { publicKey } = key;
  const values = drawValues(8 * packing.slots, 4);
  const ciphertexts = await encryptBlocks(publicKey, pack(packing, values), 512, secureRng);
  const number = ciphertextFromBytes(publicKey, ciphertexts);
  const [openssl, plain] = [createDecryptor(key, opensslPower), createDecryptor(key)];
  return {
    title: `decrypt, ${publicKey.bits} bits, ${packing.slots} values a ciphertext`,
    unit: "value",
    clock: "cpu",
    cases: [
      { name: "paillier-bigint", run: () => reference.decrypt(number) },
      { name: "ours, OpenSSL", units: values.length, run: () => unpackSums(packing, openssl(ciphertexts), values.length, 1) },
      { name: "ours, BigInt", units: values.length, run: () => unpackSums(packing, plain(ciphertexts), values.length, 1) },
    ],
  };
}

/** Length on the wire, by the value. */
export function paillierBytes({ key: { publicKey }, packing }: PaillierWorld): BenchJob {
  const values = 26_912;
  const bytes = blockCount(packing, values) * ciphertextBytes(publicKey);
  return {
    title: `bytes a value, ${publicKey.bits} bits, ${packed.valueBits}-bit values, sums of up to ${packed.maxCount}`,
    measure: async () => [
      { name: "paillier-bigint", value: ciphertextBytes(publicKey), unit: "bytes" },
      { name: "ours, full ciphertexts", value: ciphertextBytes(publicKey) / packing.slots, unit: "bytes" },
      { name: `ours, ${values.toLocaleString("en-US")} values`, value: bytes / values, unit: "bytes" },
    ],
  };
}
