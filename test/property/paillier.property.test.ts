/** What holds for every input: round trips, sums of ciphertexts, order of adding. fast-check prints the seed of a failure. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { bigIntToBytes, bytesToBigInt, fromBase64url, toBase64url } from "../../shared/crypto/encoding.ts";
import { CiphertextSum, encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { blockCount, createPacking, pack, unpackSums } from "../../shared/crypto/paillier/packing.ts";
import { secureRng } from "../../shared/random.ts";
import { decodeFixed, encodedBits, encodeFixed } from "../../shared/wire/fixed-point.ts";
import { testKey1024 } from "../support/paillier-keys.ts";

const key = testKey1024.publicKey;
const decrypt = createDecryptor(testKey1024, opensslPower);

test("bytes come back from base64url and from numbers", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
      expect(bigIntToBytes(bytesToBigInt(bytes), bytes.length)).toEqual(bytes);
    }),
  );
});

test("numbers within range come back from fixed point within half a unit, integers exactly", () => {
  const format = { maxAbs: 100, fractionBits: 20 };
  fc.assert(
    fc.property(fc.double({ min: -100, max: 100, noNaN: true }), fc.integer({ min: -100, max: 100 }), (real, whole) => {
      const { integers, clamped } = encodeFixed(Float64Array.of(real, whole), format);
      const [first, second] = decodeFixed(integers, format);
      expect(clamped).toBe(0);
      expect(Math.abs(first! - real)).toBeLessThanOrEqual(2 ** -21);
      expect(second! + 0).toBe(whole + 0);
    }),
  );
});

test("packed values come back for any width, length and key size", () => {
  const shape = fc.record({
    keyBits: fc.constantFrom(1024, 2048, 3072),
    valueBits: fc.integer({ min: 2, max: 35 }),
    maxCount: fc.integer({ min: 1, max: 1024 }),
  });
  fc.assert(
    fc.property(
      shape,
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 300 }),
      ({ keyBits, valueBits, maxCount }, parts) => {
        const packing = createPacking(keyBits, valueBits, maxCount);
        const values = Float64Array.from(parts, (part) => Math.trunc(part * (2 ** (valueBits - 1) - 1)) + 0);
        const blocks = pack(packing, values);
        expect(blocks.length).toBe(blockCount(packing, values.length) * packing.blockBytes);
        expect(unpackSums(packing, blocks, values.length, 1)).toEqual(values);
      },
    ),
  );
});

test("the opened sum of any contributions is the sum of their values, in any order of adding", async () => {
  const format = { maxAbs: 8, fractionBits: 12 };
  const packing = createPacking(key.bits, encodedBits(format), 16);
  const vector = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 90, maxLength: 90 });
  const contributions = fc.array(vector, { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(contributions, fc.infiniteStream(fc.nat()), async (vectors, order) => {
      const encoded = vectors.map((values) => encodeFixed(Float64Array.from(values), format).integers);
      const sealed = await Promise.all(encoded.map((integers) => encryptBlocks(key, pack(packing, integers), 512, secureRng)));
      const forward = new CiphertextSum(key, blockCount(packing, 90));
      const shuffled = new CiphertextSum(key, blockCount(packing, 90));
      for (const bytes of sealed) forward.add(bytes);
      for (const rest = [...sealed]; rest.length > 0; ) shuffled.add(rest.splice(order.next().value! % rest.length, 1)[0]!);
      expect(shuffled.export()).toEqual(forward.export());
      const expected = Float64Array.from({ length: 90 }, (_, i) => encoded.reduce((sum, integers) => sum + integers[i]!, 0));
      expect(unpackSums(packing, decrypt(forward.export()), 90, vectors.length)).toEqual(expected);
    }),
    { numRuns: 25 },
  );
});

test("random bytes are never taken for ciphertexts unless they are canonical, and never change a sum", () => {
  const sum = new CiphertextSum(key, 1);
  const empty = sum.export();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const [low, high] = [bytesToBigInt(bytes.subarray(0, key.bytes)), bytesToBigInt(bytes.subarray(key.bytes))];
      const isCanonical = bytes.length === 2 * key.bytes && low !== 0n && low < key.n && high < key.n;
      if (isCanonical) expect(() => sum.check(bytes)).not.toThrow();
      else expect(() => sum.add(bytes)).toThrow(expect.objectContaining({ name: "CofactorError" }));
      expect(sum.export()).toEqual(empty);
    }),
  );
});
