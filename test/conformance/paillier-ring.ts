/**
 * What every Ring must do, compared with plain BigInt formulas. A new implementation calls `describeRing` and is right when all pass.
 *
 * The carry between digits is the known trap: taking n off the low digit must add 1 to the high one, which a wrong kernel misses about once
 * in a hundred products; hence a thousand random products a key, and operands at the digits' edges.
 */
import { describe, expect, test } from "vitest";
import { bigIntToBytes, bytesToBigInt, concatenate } from "../../shared/crypto/encoding.ts";
import { powerMod } from "../../shared/crypto/paillier/arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes, ciphertextToBytes } from "../../shared/crypto/paillier/ciphertext.ts";
import { createCiphertextCheck } from "../../shared/crypto/paillier/ciphertext-check.ts";
import type { PaillierPublicKey } from "../../shared/crypto/paillier/keys.ts";
import type { PowerTable, Ring } from "../../shared/crypto/paillier/ring.ts";
import { secureRng } from "../../shared/random.ts";
import { testKeys } from "../support/paillier-keys.ts";

/** Runs the suite for one implementation, at 1,024, 2,048 and 3,072 bits. */
export function describeRing(name: string, create: (key: PaillierPublicKey) => Ring): void {
  describe.each(testKeys.map(({ publicKey }) => [publicKey.bits, publicKey] as const))(`${name} ring at %i bits`, (_, key) => {
    const { n, nSquared } = key;
    const ring = create(key);
    const width = ciphertextBytes(key);
    const draw = (): bigint => bytesToBigInt(secureRng.bytes(width + 8)) % nSquared;
    const edges = [0n, 1n, n - 1n, n, n + 1n, 2n * n - 1n, nSquared - n, nSquared - n + 1n, nSquared - 1n];
    const toWire = (ciphertext: bigint): Uint8Array => {
      const bytes = new Uint8Array(width);
      ciphertextToBytes(key, ciphertext, bytes);
      return bytes;
    };

    test("1,000 random products are those of BigInt", () => {
      for (let i = 0; i < 1000; i++) {
        const [a, b] = [draw(), draw()];
        if (ring.multiply(a, b) !== (a * b) % nSquared) expect.fail(`product ${i} differs`);
      }
    });

    test("products of all pairs of edges are those of BigInt", () => {
      for (const a of edges) for (const b of edges) expect(ring.multiply(a, b)).toBe((a * b) % nSquared);
    });

    test("powers are those of BigInt, also at the edges of base and exponent", () => {
      const base = draw();
      for (const exponent of [0n, 1n, 2n, 15n, 16n, 31n, 32n, 65_537n, draw() >> BigInt(2 * key.bits - 256)]) {
        expect(ring.power(base, exponent)).toBe(powerMod(base, exponent, nSquared));
      }
      for (const edge of edges) expect(ring.power(edge, 37n)).toBe(edge ** 37n % nSquared);
    });

    test("1,000 chained products of wire ciphertexts are canonical and those of BigInt", () => {
      const count = 20;
      const check = createCiphertextCheck(key);
      const products = ring.createProducts(count);
      const expected = new Array<bigint>(count).fill(1n);
      for (let round = 0; round < 50; round++) {
        // n - 1, n + 1, 2n - 1, n^2 - n + 1 and n^2 - 1 have no factor with n: products of them stay ciphertexts.
        const units = [n - 1n, n + 1n, 2n * n - 1n, nSquared - n + 1n, nSquared - 1n];
        const factors = expected.map((_, index) => (index < 5 && round % 2 === 0 ? units[(index + round) % 5]! : draw()));
        products.multiply(concatenate(...factors.map(toWire)));
        factors.forEach((factor, index) => {
          expected[index] = (expected[index]! * factor) % nSquared;
        });
        const bytes = products.result();
        check(bytes, count);
        expect(expected.map((_, index) => ciphertextFromBytes(key, bytes, index * width))).toEqual(expected);
      }
    });

    test("the empty product is 1", () => {
      expect(ciphertextFromBytes(key, ring.createProducts(1).result())).toBe(1n);
    });

    test("a table encrypts (1 + m n) base^e for random and extreme plaintexts and exponents", () => {
      const root = draw() % n;
      const table = drain(ring.buildTable(root, 3));
      const base = powerMod(root, n, nSquared);
      const messages = [0n, 1n, n - 1n, n >> 1n, ...Array.from({ length: 60 }, () => draw() % n)];
      const exponents = [0n, 1n, 255n, 256n, 0xffffffn, ...Array.from({ length: messages.length - 5 }, () => draw() & 0xffffffn)];
      const bytes = table.encrypt(
        concatenate(...messages.map((message) => bigIntToBytes(message, key.bytes))),
        concatenate(...exponents.map((exponent) => bigIntToBytes(exponent, 3))),
      );
      expect(table.exponentBytes).toBe(3);
      createCiphertextCheck(key)(bytes, messages.length);
      messages.forEach((message, index) => {
        const expected = ((1n + message * n) * powerMod(base, exponents[index]!, nSquared)) % nSquared;
        expect(ciphertextFromBytes(key, bytes, index * width)).toBe(expected);
      });
    });

    test("tables and products of one ring do not disturb each other", () => {
      const [first, second] = [drain(ring.buildTable(7n, 1)), drain(ring.buildTable(11n, 1))];
      const [left, right] = [ring.createProducts(2), ring.createProducts(2)];
      const one = bigIntToBytes(1n, key.bytes);
      const [c7, c11] = [first.encrypt(one, Uint8Array.of(1)), second.encrypt(one, Uint8Array.of(1))];
      expect(ciphertextFromBytes(key, c7)).toBe(((1n + n) * powerMod(7n, n, nSquared)) % nSquared);
      expect(ciphertextFromBytes(key, c11)).toBe(((1n + n) * powerMod(11n, n, nSquared)) % nSquared);
      left.multiply(concatenate(c7, c11));
      right.multiply(concatenate(c11, c11));
      left.multiply(concatenate(c7, c11));
      expect(ciphertextFromBytes(key, left.result())).toBe(ciphertextFromBytes(key, c7) ** 2n % nSquared);
      expect(ciphertextFromBytes(key, right.result())).toBe(ciphertextFromBytes(key, c11));
    });

    test("a table is built in steps, one a byte of the exponent or more, so that a page can breathe", () => {
      const steps = ring.buildTable(5n, 4);
      let count = 0;
      while (!steps.next().done) count++;
      expect(count).toBeGreaterThanOrEqual(4);
    });

    test("plaintexts in one batch of 200 come out as one by one", () => {
      const table = drain(ring.buildTable(3n, 1));
      const plaintexts = secureRng.bytes(200 * key.bytes);
      for (let i = 1; i <= 200; i++) plaintexts[i * key.bytes - 1] = 0;
      const exponents = secureRng.bytes(200);
      const bytes = table.encrypt(plaintexts, exponents);
      expect(bytes.length).toBe(200 * width);
      for (const i of [0, 1, 7, 8, 63, 64, 65, 127, 128, 199]) {
        const alone = table.encrypt(plaintexts.slice(i * key.bytes, (i + 1) * key.bytes), exponents.slice(i, i + 1));
        expect(bytes.slice(i * width, (i + 1) * width)).toEqual(alone);
      }
    });
  });
}

function drain(steps: Generator<void, PowerTable, void>): PowerTable {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}
