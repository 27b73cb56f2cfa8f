/**
 * Rings and packed values against plain BigInt, at the digits' edges more often than chance would have it. COFACTOR_SLOW=1 makes a thousand
 * times as many products and ten times as many values; a failure names the seed, which COFACTOR_SEED takes.
 */
import { describe, expect, test } from "vitest";
import { bytesToBigInt, concatenate } from "../../shared/crypto/encoding.ts";
import { inverseMod } from "../../shared/crypto/paillier/arithmetic.ts";
import {
  CiphertextSum,
  ciphertextBytes,
  ciphertextFromBytes,
  ciphertextToBytes,
  encryptBlocks,
} from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import type { PaillierPublicKey } from "../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { blockCount, createPacking, pack, unpackSums } from "../../shared/crypto/paillier/packing.ts";
import type { Ring } from "../../shared/crypto/paillier/ring.ts";
import { createBigIntRing } from "../../shared/crypto/paillier/ring-bigint.ts";
import { createWasmRing } from "../../shared/crypto/paillier/ring-wasm.ts";
import { createRng, type Rng, secureRng } from "../../shared/random.ts";
import { testKey1024, testKeys } from "../support/paillier-keys.ts";

const isSlow = process.env["COFACTOR_SLOW"] !== undefined;
const seed = Number(process.env["COFACTOR_SEED"] ?? bytesToBigInt(secureRng.bytes(4)));
const rings: readonly (readonly [string, (key: PaillierPublicKey) => Ring])[] = [
  ["BigInt", createBigIntRing],
  ["WebAssembly", createWasmRing],
];
/** Shares of the products by key length: the short key finds as much and costs a fifth. */
const shares: Readonly<Record<number, number>> = { 1024: 0.6, 2048: 0.3, 3072: 0.1 };

/** A digit from 0 below n: half of them at an edge, or of limbs that are all zeros or all ones. */
function drawDigit({ n, bytes }: PaillierPublicKey, rng: Rng): bigint {
  const edges = [0n, 1n, 2n, n - 1n, n - 2n, n >> 1n, (1n << 27n) - 1n, 1n << 27n, n - (1n << 27n)];
  const kind = rng.below(4);
  if (kind === 0) return edges[rng.below(edges.length)]!;
  const words = new Uint32Array(Math.ceil(bytes / 4) + 1);
  const isSparse = kind === 1;
  for (let i = 0; i < words.length; i++) words[i] = isSparse ? -rng.below(2) : rng.below(2 ** 32);
  return bytesToBigInt(new Uint8Array(words.buffer)) % n;
}

function drawNumber(key: PaillierPublicKey, rng: Rng): bigint {
  return drawDigit(key, rng) + drawDigit(key, rng) * key.n;
}

function toWire(key: PaillierPublicKey, numbers: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * ciphertextBytes(key));
  for (const [at, number] of numbers.entries()) ciphertextToBytes(key, number, bytes, at * ciphertextBytes(key));
  return bytes;
}

describe.each(rings)("%s", (_, create) => {
  test.each(testKeys.map(({ publicKey }) => [publicKey.bits, publicKey] as const))(
    "products at %i bits are those of BigInt",
    (bits, key) => {
      const ring = create(key);
      const rng = createRng(seed, "products", bits);
      const count = isSlow ? 1_000_000 * shares[bits]! : 1_000;
      for (let i = 0; i < count; i++) {
        const [a, b] = [drawNumber(key, rng), drawNumber(key, rng)];
        if (ring.multiply(a, b) !== (a * b) % key.nSquared) expect.fail(`product ${i} of seed ${seed} differs`);
      }
    },
  );

  test.each(testKeys.map(({ publicKey }) => [publicKey.bits, publicKey] as const))(
    "sums at %i bits whose digits come out at an edge, where the subtraction of n carries, are canonical and those of BigInt",
    (bits, key) => {
      const { n, nSquared } = key;
      const rng = createRng(seed, "carries", bits);
      const sum = new CiphertextSum(key, 6, create(key));
      const lows = [1n, n - 1n, 2n, n - 2n, 1n, n - 1n];
      let now = lows.map(() => 1n);
      for (let round = 0; round < (isSlow ? 300 : 30); round++) {
        // Every product is led to a number of its own choice: low digit 1 or n - 1, high digit 0 or n - 1.
        const wanted = lows.map((low, at) => low + (rng.below(2) === 0 ? 0n : n - 1n - BigInt(at >> 2)) * n);
        sum.add(
          toWire(
            key,
            now.map((number, at) => (wanted[at]! * inverseMod(number, nSquared)) % nSquared),
          ),
        );
        now = wanted;
        expect(sum.export(), `seed ${seed}`).toEqual(toWire(key, wanted));
      }
    },
  );

  test("sums of ciphertexts of any digits are canonical and the products of BigInt", () => {
    const key = testKey1024.publicKey;
    const rng = createRng(seed, "sums");
    for (let round = 0; round < (isSlow ? 200 : 20); round++) {
      const sum = new CiphertextSum(key, 5, create(key));
      const expected = [1n, 1n, 1n, 1n, 1n];
      for (let client = 0; client < 10; client++) {
        const numbers = expected.map(() => drawNumber(key, rng)).map((number) => (number % key.n === 0n ? number + 1n : number));
        sum.add(toWire(key, numbers));
        for (const [at, number] of numbers.entries()) expected[at] = (expected[at]! * number) % key.nSquared;
      }
      expect(sum.export(), `seed ${seed}`).toEqual(toWire(key, expected));
    }
  });

  test("100,000 packed values and more come out of a sum of ciphertexts exactly, the largest and the smallest among them", async () => {
    const key = testKey1024.publicKey;
    const decrypt = createDecryptor(testKey1024, opensslPower);
    const ring = create(key);
    const [length, clients, valueBits] = [1_600, 64, 17];
    const packing = createPacking(key.bits, valueBits, clients);
    const max = 2 ** (valueBits - 1) - 1;
    const edges = [max, -max, 0, 1, -1];
    for (let round = 0; round < (isSlow ? 10 : 1); round++) {
      const rng = createRng(seed, "values", round);
      const sum = new CiphertextSum(key, blockCount(packing, length), ring);
      const expected = new Float64Array(length);
      const blocks: Uint8Array[] = [];
      for (let client = 0; client < clients; client++) {
        // The first slots hold the same edge for all clients: the sum reaches the slot's own edge.
        const values = Int32Array.from({ length }, (_, i) =>
          i < edges.length ? edges[i]! : rng.below(3) === 0 ? edges[rng.below(edges.length)]! : rng.below(2 * max + 1) - max,
        );
        for (let i = 0; i < length; i++) expected[i] = expected[i]! + values[i]!;
        blocks.push(pack(packing, values));
      }
      // One table for all clients: a ring that is passed makes a new one at each call.
      const sealed = await encryptBlocks(key, concatenate(...blocks), 512, secureRng, ring);
      for (let client = 0; client < clients; client++) {
        sum.add(sealed.subarray((client * sealed.length) / clients, ((client + 1) * sealed.length) / clients));
      }
      const bytes = sum.export();
      expect(ciphertextFromBytes(key, bytes)).toBeLessThan(key.nSquared);
      expect(unpackSums(packing, decrypt(bytes), length, clients), `seed ${seed}`).toEqual(expected);
    }
  });
});
