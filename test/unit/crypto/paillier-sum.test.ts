/** Encryption, sums and opening together: edges, mixed sums with paillier-bigint, malformed ciphertexts. */
import { describe, expect, test } from "vitest";
import { bigIntToBytes, bytesToBigInt, concatenate } from "../../../shared/crypto/encoding.ts";
import {
  CiphertextSum,
  ciphertextBytes,
  ciphertextFromBytes,
  ciphertextToBytes,
  encryptBlocks,
  sharesFactor,
} from "../../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../../shared/crypto/paillier/decrypt.ts";
import type { PaillierPublicKey } from "../../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { toReferencePrivateKey, toReferencePublicKey } from "../../../shared/crypto/paillier/reference.ts";
import { secureRng } from "../../../shared/random.ts";
import { testKey1024, testKey2048, testKeys } from "../../support/paillier-keys.ts";

const small = testKey1024.publicKey;

function toWire(key: PaillierPublicKey, ...ciphertexts: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(ciphertexts.length * ciphertextBytes(key));
  ciphertexts.forEach((ciphertext, index) => {
    ciphertextToBytes(key, ciphertext, bytes, index * ciphertextBytes(key));
  });
  return bytes;
}

async function encrypt(key: PaillierPublicKey, ...messages: readonly bigint[]): Promise<Uint8Array> {
  return encryptBlocks(key, concatenate(...messages.map((message) => bigIntToBytes(message, key.bytes))), 512, secureRng);
}

describe.each(testKeys.map((key) => [key.publicKey.bits, key] as const))("at %i bits", (_, key) => {
  const { publicKey } = key;
  const { n } = publicKey;

  test("0, 1 and n - 1 survive encryption and opening, by OpenSSL, BigInt and paillier-bigint", async () => {
    const edges = [0n, 1n, n - 1n];
    const bytes = await encrypt(publicKey, ...edges);
    const expected = concatenate(...edges.map((edge) => bigIntToBytes(edge, publicKey.bytes)));
    expect(createDecryptor(key)(bytes)).toEqual(expected);
    expect(createDecryptor(key, opensslPower)(bytes)).toEqual(expected);
    const reference = toReferencePrivateKey(key);
    for (const [index, edge] of edges.entries()) {
      expect(reference.decrypt(ciphertextFromBytes(publicKey, bytes, index * ciphertextBytes(publicKey)))).toBe(edge);
    }
  });

  test("what paillier-bigint encrypts opens here, and sums of both kinds open everywhere", async () => {
    const message = bytesToBigInt(secureRng.bytes(publicKey.bytes)) % n;
    const theirs = toReferencePublicKey(publicKey).encrypt(message);
    const ours = await encrypt(publicKey, message);
    const sum = new CiphertextSum(publicKey, 1);
    sum.add(toWire(publicKey, theirs));
    expect(bytesToBigInt(createDecryptor(key, opensslPower)(sum.export()))).toBe(message);
    sum.add(ours);
    const mixed = sum.export();
    expect(bytesToBigInt(createDecryptor(key, opensslPower)(mixed))).toBe((2n * message) % n);
    expect(toReferencePrivateKey(key).decrypt(ciphertextFromBytes(publicKey, mixed))).toBe((2n * message) % n);
    const added = toReferencePublicKey(publicKey).addition(theirs, ciphertextFromBytes(publicKey, ours));
    expect(ciphertextFromBytes(publicKey, mixed)).toBe(added);
  });
});

test("a ciphertext whose power would come out as 1 opens by OpenSSL: the number 1 stands for 0", () => {
  expect(bytesToBigInt(createDecryptor(testKey2048, opensslPower)(toWire(testKey2048.publicKey, 1n)))).toBe(0n);
});

test("equal plaintexts encrypt to different ciphertexts", async () => {
  const bytes = await encrypt(small, 5n, 5n);
  expect(ciphertextFromBytes(small, bytes)).not.toBe(ciphertextFromBytes(small, bytes, ciphertextBytes(small)));
});

test("randomness comes from the generator that is passed, and its bytes are wiped after use", async () => {
  const drawn: Uint8Array[] = [];
  const recording = {
    kind: "secure",
    bytes: (length: number) => {
      drawn.push(secureRng.bytes(length));
      return drawn.at(-1)!;
    },
  } as const;
  await encryptBlocks(small, bigIntToBytes(1n, small.bytes), "half", secureRng);
  await encryptBlocks(small, new Uint8Array(20 * small.bytes), "half", recording);
  expect(drawn.map((bytes) => bytes.length).reduce((a, b) => a + b)).toBe((20 * small.bytes) / 2);
  expect(drawn.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
});

test("a block that is not below n is refused before anything is encrypted", async () => {
  await expect(encrypt(small, 1n, small.n)).rejects.toThrow(RangeError);
  await expect(encryptBlocks(small, new Uint8Array(small.bytes + 1), 512, secureRng)).rejects.toThrow(RangeError);
});

test("an exported sum goes on in another sum", async () => {
  const [first, second] = [new CiphertextSum(small, 2), new CiphertextSum(small, 2)];
  first.add(await encrypt(small, 1n, 10n));
  second.add(await encrypt(small, 2n, 20n));
  first.add(second.export());
  expect(createDecryptor(testKey1024)(first.export())).toEqual(
    concatenate(bigIntToBytes(3n, small.bytes), bigIntToBytes(30n, small.bytes)),
  );
});

describe("a malformed contribution", () => {
  const { n, bytes: width } = small;
  const digits = (low: bigint, high: bigint): Uint8Array => concatenate(bigIntToBytes(low, width), bigIntToBytes(high, width));
  const good = (): Promise<Uint8Array> => encrypt(small, 7n);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["one byte short", new Uint8Array(2 * width - 1).fill(1), "SHAPE_MISMATCH"],
    ["one byte long", new Uint8Array(2 * width + 1).fill(1), "SHAPE_MISMATCH"],
    ["empty", new Uint8Array(0), "SHAPE_MISMATCH"],
    ["low digit n", digits(n, 0n), "UPDATE_REJECTED"],
    ["high digit n", digits(1n, n), "UPDATE_REJECTED"],
    ["all ones", new Uint8Array(2 * width).fill(255), "UPDATE_REJECTED"],
    ["zero", digits(0n, 0n), "UPDATE_REJECTED"],
    ["a multiple of n", digits(0n, 5n), "UPDATE_REJECTED"],
  ];

  test.each(cases)("%s is refused and leaves the sum intact", async (_, bytes, code) => {
    const sum = new CiphertextSum(small, 1);
    sum.add(await good());
    const before = sum.export();
    expect(() => sum.check(bytes)).toThrow(expect.objectContaining({ code }));
    expect(() => sum.add(bytes)).toThrow(expect.objectContaining({ code }));
    expect(sum.export()).toEqual(before);
    sum.add(await good());
    expect(bytesToBigInt(createDecryptor(testKey1024)(sum.export()))).toBe(14n);
  });

  test("of many ciphertexts, a bad last one leaves the first untouched", async () => {
    const sum = new CiphertextSum(small, 3);
    const before = sum.export();
    expect(() => sum.add(concatenate(toWire(small, 5n, 6n), digits(n, 1n)))).toThrow(expect.objectContaining({ details: { index: 2 } }));
    expect(sum.export()).toEqual(before);
  });

  test("digits n - 1, the largest, are accepted", () => {
    expect(() => new CiphertextSum(small, 1).check(digits(n - 1n, n - 1n))).not.toThrow();
  });

  test("one that shares a factor with n makes the sum fail, naming the ciphertext, and can be found", async () => {
    const bad = concatenate(await good(), toWire(small, testKey1024.p * 3n), await good());
    const honest = concatenate(await good(), await good(), await good());
    const sum = new CiphertextSum(small, 3);
    sum.add(honest);
    sum.add(bad);
    expect(() => sum.export()).toThrow(expect.objectContaining({ code: "AGGREGATION_FAILED", details: { indexes: [1] } }));
    expect([sharesFactor(small, honest), sharesFactor(small, bad)]).toEqual([[], [1]]);
    expect(() => createDecryptor(testKey1024)(bad)).toThrow(expect.objectContaining({ code: "DECRYPT_FAILED" }));
  });

  test("the decryptor refuses it too", () => {
    for (const [, bytes, code] of cases.slice(3)) {
      expect(() => createDecryptor(testKey1024)(bytes)).toThrow(expect.objectContaining({ code }));
    }
  });
});
