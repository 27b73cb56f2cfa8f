/**
 * What every implementation of Primitives must do: the published vectors, and the same bytes as the plain formulas. A new implementation
 * calls `describePrimitives` and is right when all pass.
 */
import { createCipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { toBase64url, toHex, toUtf8 } from "../../shared/crypto/encoding.ts";
import { identityFromSeed, sign } from "../../shared/crypto/identity.ts";
import type { Primitives } from "../../shared/crypto/primitives.ts";
import { secureRng } from "../../shared/random.ts";
import { fromHex } from "../support/hex.ts";
import derivations from "../vectors/crypto/rfc5869.json" with { type: "json" };
import exchanges from "../vectors/crypto/rfc7748.json" with { type: "json" };
import signatures from "../vectors/crypto/rfc8032.json" with { type: "json" };
import streams from "../vectors/crypto/sp800-38a.json" with { type: "json" };

/** Points of small order: every secret gives zero with them (RFC 7748, section 7). */
const lowOrderPoints = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/** Runs the suite for one implementation. */
export function describePrimitives(name: string, create: () => Primitives | Promise<Primitives>): void {
  describe(`${name} primitives`, async () => {
    const primitives = await create();

    test.each(exchanges.products)("RFC 7748 section 5.2: the product of scalar $scalar", async ({ scalar, point, result }) => {
      expect(toHex(await primitives.agree(fromHex(scalar), fromHex(point)))).toBe(result);
    });

    test("RFC 7748 section 6.1: both ends agree, and public keys are those of the secrets", async () => {
      const { aliceSecret, alicePublic, bobSecret, bobPublic, shared } = exchanges.exchange;
      expect(toHex(await primitives.publicKeyOf(fromHex(aliceSecret)))).toBe(alicePublic);
      expect(toHex(await primitives.publicKeyOf(fromHex(bobSecret)))).toBe(bobPublic);
      expect(toHex(await primitives.agree(fromHex(aliceSecret), fromHex(bobPublic)))).toBe(shared);
      expect(toHex(await primitives.agree(fromHex(bobSecret), fromHex(alicePublic)))).toBe(shared);
    });

    test("fresh keys agree, and hide their secret from copies", async () => {
      const [a, b] = [await primitives.createAgreementKeys(secureRng), await primitives.createAgreementKeys(secureRng)];
      expect(await primitives.agree(a.secretKey, b.publicKey)).toEqual(await primitives.agree(b.secretKey, a.publicKey));
      expect(a.publicKey).not.toEqual(b.publicKey);
      expect(Object.keys(a)).toEqual(["publicKey"]);
      expect(JSON.stringify({ ...a })).not.toContain("secretKey");
    });

    test.each(lowOrderPoints)("refuses the low-order point %s", async (point) => {
      const secret = fromHex(exchanges.exchange.aliceSecret);
      await expect((async () => primitives.agree(secret, fromHex(point)))()).rejects.toMatchObject({ code: "AUTH_FAILED" });
    });

    test("refuses keys of another length: a peer's as its fault, the own as the caller's", async () => {
      const bytes = new Uint8Array(31).fill(5);
      await expect((async () => primitives.agree(new Uint8Array(32), bytes))()).rejects.toMatchObject({ code: "AUTH_FAILED" });
      await expect((async () => primitives.agree(bytes, new Uint8Array(32).fill(9)))()).rejects.toBeInstanceOf(RangeError);
      await expect((async () => primitives.addKeystream(bytes, new Uint32Array(1), 1))()).rejects.toBeInstanceOf(RangeError);
      await expect((async () => primitives.addKeystream64(new Uint8Array(32), new Uint32Array(3), 1))()).rejects.toBeInstanceOf(RangeError);
    });

    test.each(derivations.vectors)("RFC 5869: HKDF of $secret", async ({ secret, salt, info, result }) => {
      expect(toHex(await primitives.hkdf(fromHex(secret), fromHex(salt), fromHex(info), result.length / 2))).toBe(result);
    });

    test("SP 800-38A's key: the keystream from counter zero, little-endian", async () => {
      const out = new Uint32Array(12);
      await primitives.addKeystream(fromHex(streams.key), out, 1);
      const view = new DataView(fromHex(streams.fromZero.keystream).buffer);
      expect([...out]).toEqual(Array.from(out, (_, at) => view.getUint32(4 * at, true)));
    });

    test.each([0, 1, 5, 16_384, 16_385, 65_536, 150_002])("adds and subtracts the keystream of %i words mod 2^32", async (count) => {
      const [key, start] = [secureRng.bytes(32), randomWords(count)];
      const stream = keystreamOf(key, count);
      const out = start.slice();
      await primitives.addKeystream(key, out, 1);
      expect(out).toEqual(start.map((word, at) => word + stream[at]!));
      await primitives.addKeystream(key, out, -1);
      expect(out).toEqual(start);
      await primitives.addKeystream(key, out, -1);
      expect(out).toEqual(start.map((word, at) => word - stream[at]!));
    });

    test.each([0, 2, 6, 65_538])("adds and subtracts the keystream of %i words mod 2^64, with carries", async (count) => {
      const [key, start] = [secureRng.bytes(32), randomWords(count)];
      const stream = keystreamOf(key, count);
      for (let at = 0; at < count; at += 4) start[at] = 0xffffffff;
      const out = start.slice();
      await primitives.addKeystream64(key, out, 1);
      expect(out).toEqual(combine(start, stream, 1n));
      await primitives.addKeystream64(key, out, -1);
      expect(out).toEqual(start);
      await primitives.addKeystream64(key, out, -1);
      expect(out).toEqual(combine(start, stream, -1n));
    });

    test.each(signatures.vectors)(
      "RFC 8032's keys: verifies for its purpose, key and message only ('$message')",
      async ({ seed, message }) => {
        const identity = identityFromSeed(fromHex(seed));
        const bytes = fromHex(message);
        const signature = sign(identity, "answer", bytes);
        const text = toBase64url(signature);
        expect(await primitives.sign(identity, "answer", bytes)).toEqual(signature);
        expect(await primitives.verify(identity.id, "answer", bytes, text)).toBe(true);
        expect(await primitives.verify(identity.id, "join", bytes, text)).toBe(false);
        expect(await primitives.verify(identity.id, "answer", toUtf8("another"), text)).toBe(false);
        expect(await primitives.verify(identityFromSeed(new Uint8Array(32)).id, "answer", bytes, text)).toBe(false);
        for (const place of [0, 31, 32, 63]) {
          const damaged = signature.slice();
          damaged[place]! ^= 1;
          expect(await primitives.verify(identity.id, "answer", bytes, toBase64url(damaged))).toBe(false);
        }
      },
    );

    test("gives false for keys and signatures that are none", async () => {
      for (const [key, signature] of [
        ["", ""],
        ["A".repeat(20), "A".repeat(86)],
        ["not base64url!", "x"],
        ["_".repeat(43), "A".repeat(86)],
      ] as const) {
        expect(await primitives.verify(key, "answer", new Uint8Array(1), signature)).toBe(false);
      }
    });

    test("the digest is SHA-256 (FIPS 180-4, 'abc')", async () => {
      const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
      expect(toHex(await primitives.digest(toUtf8("abc")))).toBe(expected);
    });
  });
}

function randomWords(count: number): Uint32Array {
  return new Uint32Array(secureRng.bytes(4 * count).buffer);
}

function keystreamOf(key: Uint8Array, count: number): Uint32Array {
  const bytes = createCipheriv("aes-256-ctr", key, new Uint8Array(16)).update(new Uint8Array(4 * count));
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

function combine(a: Uint32Array, b: Uint32Array, sign: bigint): Uint32Array {
  const [left, right] = [new BigUint64Array(a.buffer), new BigUint64Array(b.buffer)];
  return new Uint32Array(left.map((lane, at) => lane + sign * right[at]!).buffer);
}
