/** Which Paillier keys are taken, and their texts and conversions. */
import { generateRandomKeysSync, PublicKey } from "paillier-bigint";
import { describe, expect, test } from "vitest";
import { bigIntToBytes } from "../../../shared/crypto/encoding.ts";
import { bitLength, greatestCommonDivisor, inverseMod, powerMod } from "../../../shared/crypto/paillier/arithmetic.ts";
import { encryptBlocks } from "../../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../../shared/crypto/paillier/decrypt.ts";
import {
  createPrivateKey,
  createPublicKey,
  generatePrivateKey,
  parsePrivateKey,
  parsePublicKey,
  privateKeyText,
  publicKeyText,
} from "../../../shared/crypto/paillier/keys.ts";
import { drawPrime } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { fromReferencePublicKey, toReferencePrivateKey, toReferencePublicKey } from "../../../shared/crypto/paillier/reference.ts";
import { secureRng } from "../../../shared/random.ts";
import { testKey1024, testKey2048, testKeys } from "../../support/paillier-keys.ts";

const refused = expect.objectContaining({ code: "CONFIG_INVALID" });
const weak = { allowWeak: true };
const { n } = testKey2048.publicKey;

describe("refused", () => {
  test.each([
    ["an even n", n + 1n],
    ["zero", 0n],
    ["a negative n", -n],
    ["another length", n >> 1n],
    ["1,024 bits without being asked", testKey1024.publicKey.n],
    ["a factor 3", 3n * ((1n << 2047n) / 3n) + 3n],
    ["a factor 997", 997n * (((1n << 2047n) / 997n) | 1n) + 2n * 997n],
  ])("%s", (_, bad) => {
    expect(() => createPublicKey(bad)).toThrow(refused);
  });

  test("equal primes, and a composite one", () => {
    const { p, q } = testKey1024;
    expect(() => createPrivateKey(p, p, weak)).toThrow(refused);
    expect(() => createPrivateKey(p, q * testKey2048.p, weak)).toThrow(refused);
  });

  test("a generator that is not n + 1, saying what to do", () => {
    expect(() => fromReferencePublicKey(new PublicKey(n, n + 2n))).toThrow(/simpleVariant/);
  });

  test.each(["", "{}", '{"p":"7"}', '{"p":"zz","q":"11"}', "null", "[]", "7", '{"p":3,"q":5}', '{"p":"10001","q":"10001"}'])(
    "the private key text %j",
    (text) => {
      expect(() => parsePrivateKey(text)).toThrow(refused);
    },
  );

  test("a broken private key file without its text in the message", () => {
    try {
      parsePrivateKey(`{"p":"${testKey2048.p.toString(16)}","q":`);
      expect.fail("it was taken");
    } catch (error) {
      expect(String(error)).not.toContain(testKey2048.p.toString(16).slice(0, 12));
      expect((error as Error).cause).toBeUndefined();
    }
  });
});

test("keys come back from their texts", () => {
  for (const key of testKeys) {
    expect(parsePublicKey(publicKeyText(key.publicKey), weak)).toEqual(key.publicKey);
    const back = parsePrivateKey(privateKeyText(key), weak);
    expect([back.p, back.q]).toEqual([key.p, key.q]);
  }
});

test("the primes of a private key do not show when it is listed or copied", () => {
  expect(Object.keys(testKey1024)).toEqual(["publicKey"]);
});

test("paillier-bigint's keys of the simple variant convert both ways and open each other's ciphertexts", async () => {
  const { publicKey, privateKey } = generateRandomKeysSync(512, true);
  const ours = fromReferencePublicKey(publicKey, weak);
  expect(toReferencePublicKey(ours)).toEqual(publicKey);
  const bytes = await encryptBlocks(ours, bigIntToBytes(42n, ours.bytes), "half", secureRng);
  const digits = [bytes.subarray(0, ours.bytes), bytes.subarray(ours.bytes)].map((digit) =>
    digit.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n),
  );
  expect(privateKey.decrypt(digits[0]! + digits[1]! * ours.n)).toBe(42n);
  expect(toReferencePrivateKey(testKey1024).publicKey.n).toBe(testKey1024.publicKey.n);
});

test("a generated key has the length asked for, primes 3 mod 4 and gcd(p - 1, q - 1) = 2, and decrypts", async () => {
  const key = await generatePrivateKey(512, drawPrime, weak);
  expect(bitLength(key.publicKey.n)).toBe(512);
  expect([key.p % 4n, key.q % 4n, greatestCommonDivisor(key.p - 1n, key.q - 1n)]).toEqual([3n, 3n, 2n]);
  const block = bigIntToBytes(99n, 64);
  expect(createDecryptor(key)(await encryptBlocks(key.publicKey, block, "half", secureRng))).toEqual(block);
});

describe("arithmetic", () => {
  test("powers and inverses agree with Fermat and with plain products", () => {
    const { p } = testKey1024;
    expect(powerMod(3n, p - 1n, p)).toBe(1n);
    expect(powerMod(7n, 20n, 10n ** 30n)).toBe(7n ** 20n);
    expect(powerMod(5n, 0n, 7n)).toBe(1n);
    expect(powerMod(5n, 0n, 1n)).toBe(0n);
    expect((inverseMod(12_345n, p) * 12_345n) % p).toBe(1n);
    expect((((inverseMod(-7n, p) * -7n) % p) + p) % p).toBe(1n);
    expect(() => inverseMod(6n, 9n)).toThrow(RangeError);
  });

  test("bit lengths at powers of two", () => {
    for (const bits of [1, 2, 3, 4, 5, 8, 63, 64, 65, 2048]) {
      expect(bitLength(1n << BigInt(bits - 1))).toBe(bits);
      expect(bitLength((1n << BigInt(bits)) - 1n)).toBe(bits);
    }
    expect(bitLength(0n)).toBe(0);
  });
});
