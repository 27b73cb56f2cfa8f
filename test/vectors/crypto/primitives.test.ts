/** tweetnacl, which identities and envelopes stand on, against the RFCs' own vectors. */
import nacl from "tweetnacl";
import { expect, test } from "vitest";
import { toHex } from "../../../shared/crypto/encoding.ts";
import { identityFromSeed } from "../../../shared/crypto/identity.ts";
import exchanges from "./rfc7748.json" with { type: "json" };
import signatures from "./rfc8032.json" with { type: "json" };

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

test.each(signatures.vectors)("RFC 8032: keys, signature and verification of message '$message'", (vector) => {
  const { publicKey, secretKey } = identityFromSeed(bytes(vector.seed));
  expect(toHex(publicKey)).toBe(vector.publicKey);
  expect(toHex(nacl.sign.detached(bytes(vector.message), secretKey))).toBe(vector.signature);
  expect(nacl.sign.detached.verify(bytes(vector.message), bytes(vector.signature), publicKey)).toBe(true);
});

test.each(exchanges.products)("RFC 7748 section 5.2: the product of scalar $scalar", (vector) => {
  expect(toHex(nacl.scalarMult(bytes(vector.scalar), bytes(vector.point)))).toBe(vector.result);
});

test("RFC 7748 section 6.1: both sides of the exchange find the same secret", () => {
  const { aliceSecret, alicePublic, bobSecret, bobPublic, shared } = exchanges.exchange;
  expect(toHex(nacl.scalarMult.base(bytes(aliceSecret)))).toBe(alicePublic);
  expect(toHex(nacl.scalarMult.base(bytes(bobSecret)))).toBe(bobPublic);
  expect(toHex(nacl.scalarMult(bytes(aliceSecret), bytes(bobPublic)))).toBe(shared);
  expect(toHex(nacl.scalarMult(bytes(bobSecret), bytes(alicePublic)))).toBe(shared);
});
