/** Bytes as text and as numbers. */
import { expect, test } from "vitest";
import {
  bigIntToBytes,
  bytesToBigInt,
  concatenate,
  equalBytes,
  fromBase64url,
  toBase64url,
  toHex,
  toUtf8,
  writeBigInt,
} from "../../../shared/crypto/encoding.ts";

// RFC 4648, section 10, without padding.
test.each([
  ["", ""],
  ["f", "Zg"],
  ["fo", "Zm8"],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg"],
  ["fooba", "Zm9vYmE"],
  ["foobar", "Zm9vYmFy"],
])('RFC 4648: "%s" is "%s" in base64url', (text, encoded) => {
  expect(toBase64url(toUtf8(text))).toBe(encoded);
  expect(fromBase64url(encoded)).toEqual(toUtf8(text));
});

test("base64url uses - and _", () => {
  expect(toBase64url(Uint8Array.of(251, 255, 191))).toBe("-_-_");
});

test.each(["A", "AAAAA", "Zg==", "Zh", "Zm9", "a+b/", "Zm 9v", "Zmé"])('"%s" is no canonical base64url', (text) => {
  expect(() => fromBase64url(text)).toThrow(TypeError);
});

test("hex has two lower-case digits a byte", () => {
  expect(toHex(Uint8Array.of(0, 10, 255))).toBe("000aff");
});

test("numbers are little-endian, and zero is all zeros", () => {
  expect(bigIntToBytes(0x0102n, 4)).toEqual(Uint8Array.of(2, 1, 0, 0));
  expect(bigIntToBytes(0xabcn, 2)).toEqual(Uint8Array.of(0xbc, 0x0a));
  expect(bigIntToBytes(0n, 2)).toEqual(new Uint8Array(2));
  expect(bytesToBigInt(Uint8Array.of(2, 1, 0))).toBe(258n);
  expect(bytesToBigInt(new Uint8Array(0))).toBe(0n);
});

test("writing a number overwrites all of its place and nothing else", () => {
  const bytes = new Uint8Array(6).fill(255);
  writeBigInt(1n, bytes, 1, 4);
  expect(bytes).toEqual(Uint8Array.of(255, 1, 0, 0, 0, 255));
});

test.each([-1n, 256n])("%d does not fit a byte", (value) => {
  expect(() => bigIntToBytes(value, 1)).toThrow(RangeError);
});

test("bytes are equal only when all are", () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
});

test("blocks are joined in order", () => {
  expect(concatenate(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
});
