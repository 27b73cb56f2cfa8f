/** Self-checks of Paillier keys, with paillier-bigint as the judge. */
import { expect, test } from "vitest";
import { verifyPrivateKey, verifyPublicKey } from "../../../shared/crypto/paillier/key-check.ts";
import { createPublicKey, type PaillierPrivateKey } from "../../../shared/crypto/paillier/keys.ts";
import { drawPrime, opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { secureRng } from "../../../shared/random.ts";
import { testKey1024, testKey2048, testKeys } from "../../support/paillier-keys.ts";

const refused = expect.objectContaining({ code: "CONFIG_INVALID" });
const weak = { allowWeak: true };

test("sound keys pass, by OpenSSL and by BigInt", async () => {
  await verifyPrivateKey(testKey1024, secureRng);
  for (const key of testKeys) await verifyPrivateKey(key, secureRng, opensslPower);
});

test("a prime and a square are refused", async () => {
  const prime = await drawPrime(1024);
  expect(() => verifyPublicKey(createPublicKey(prime, weak))).toThrow(refused);
  const { p } = testKey2048;
  expect(() => verifyPublicKey(createPublicKey(p * p, weak))).toThrow(refused);
});

test("a power that computes wrongly is found", async () => {
  await expect(
    verifyPrivateKey(testKey1024, secureRng, (exponent, modulus) => (base) => opensslPower(exponent - 2n, modulus)(base)),
  ).rejects.toEqual(refused);
});

test("primes of another key are found", async () => {
  const key: PaillierPrivateKey = { publicKey: testKey1024.publicKey, p: testKey2048.p, q: testKey2048.q };
  await expect(verifyPrivateKey(key, secureRng)).rejects.toThrow();
});
