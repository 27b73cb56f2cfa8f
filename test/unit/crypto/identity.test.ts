/** Identities and signatures for one purpose. */
import { expect, test } from "vitest";
import { bigIntToBytes, bytesToBigInt, concatenate, toBase64url, toUtf8 } from "../../../shared/crypto/encoding.ts";
import { createIdentity, identityFromSeed, seedOf, sign, verify, verifyText } from "../../../shared/crypto/identity.ts";
import { secureRng } from "../../../shared/random.ts";

const identity = identityFromSeed(new Uint8Array(32).fill(7));
const message = toUtf8("terms of run-1");
const signature = sign(identity, "terms", message);

test("an identity comes back from its seed, and fresh ones differ", () => {
  expect(identityFromSeed(seedOf(identity))).toEqual(identity);
  expect(createIdentity(secureRng).id).not.toBe(createIdentity(secureRng).id);
  expect(identity.id).toBe(toBase64url(identity.publicKey));
});

test("a signature holds for its key, purpose and message only", () => {
  expect(verify(identity.publicKey, "terms", message, signature)).toBe(true);
  expect(verifyText(identity.id, "terms", message, toBase64url(signature))).toBe(true);
  expect(verify(identity.publicKey, "join", message, signature)).toBe(false);
  expect(verify(identity.publicKey, "terms", toUtf8("terms of run-2"), signature)).toBe(false);
  expect(verify(createIdentity(secureRng).publicKey, "terms", message, signature)).toBe(false);
});

test("every changed bit of a signature is noticed", () => {
  for (let bit = 0; bit < 512; bit += 7) {
    const changed = signature.slice();
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
    expect(verify(identity.publicKey, "terms", message, changed)).toBe(false);
  }
});

test("the same signature with the group order added to its second half is refused", () => {
  const order = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
  const shifted = concatenate(signature.subarray(0, 32), bigIntToBytes(bytesToBigInt(signature.subarray(32)) + order, 32));
  expect(verify(identity.publicKey, "terms", message, shifted)).toBe(false);
});

test("malformed keys and signatures are false, not errors", () => {
  expect(verify(new Uint8Array(31), "terms", message, signature)).toBe(false);
  expect(verify(identity.publicKey, "terms", message, new Uint8Array(63))).toBe(false);
  expect(verify(new Uint8Array(32).fill(255), "terms", message, signature)).toBe(false);
  expect(verifyText("not a key!", "terms", message, "nor this")).toBe(false);
});

test("printing an identity as JSON or by its keys shows no secret", () => {
  expect(Object.keys(identity)).not.toContain("secretKey");
  expect(JSON.stringify(identity)).not.toContain("secretKey");
  expect(identity.secretKey.length).toBe(64);
});
