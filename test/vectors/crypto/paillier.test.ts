/** Paillier against ciphertexts made elsewhere: python-paillier's regression values, and CPython integers at three key sizes. */
import { expect, test } from "vitest";
import { bytesToBigInt } from "../../../shared/crypto/encoding.ts";
import { powerMod } from "../../../shared/crypto/paillier/arithmetic.ts";
import { ciphertextBytes, ciphertextToBytes } from "../../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../../shared/crypto/paillier/decrypt.ts";
import type { PaillierPrivateKey, PaillierPublicKey } from "../../../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { testKeys } from "../../support/paillier-keys.ts";
import vectors from "./paillier.json" with { type: "json" };

const python = vectors["python-paillier"];

function toWire(key: PaillierPublicKey, ciphertext: bigint): Uint8Array {
  const bytes = new Uint8Array(ciphertextBytes(key));
  ciphertextToBytes(key, ciphertext, bytes);
  return bytes;
}

test.each(python.vectors)("python-paillier: message $message with r = $r", ({ message, r, ciphertext }) => {
  const [p, q] = [BigInt(python.p), BigInt(python.q)];
  const n = p * q;
  // 17 bits: too short for createPrivateKey, and rightly so.
  const key: PaillierPrivateKey = { publicKey: { n, nSquared: n * n, bits: 17, bytes: 3 }, p, q };
  expect(((1n + BigInt(message) * n) * powerMod(BigInt(r), n, n * n)) % (n * n)).toBe(BigInt(ciphertext));
  expect(bytesToBigInt(createDecryptor(key)(toWire(key.publicKey, BigInt(ciphertext))))).toBe(BigInt(message));
});

test.each(vectors.cpython.keys)("CPython: $bits-bit ciphertexts decrypt by OpenSSL and by BigInt", ({ bits, n, vectors: cases }) => {
  const key = testKeys.find((candidate) => candidate.publicKey.bits === bits)!;
  expect(key.publicKey.n).toBe(BigInt(`0x${n}`));
  for (const decrypt of [createDecryptor(key, opensslPower), createDecryptor(key)]) {
    for (const { message, ciphertext } of cases) {
      expect(bytesToBigInt(decrypt(toWire(key.publicKey, BigInt(`0x${ciphertext}`))))).toBe(BigInt(`0x${message}`));
    }
  }
});
