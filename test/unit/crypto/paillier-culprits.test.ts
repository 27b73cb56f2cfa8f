/** Who made a sum fail: exactly those whose ciphertexts share a factor with n, and the sum goes on without them. */
import { expect, test } from "vitest";
import { concatenate } from "../../../shared/crypto/encoding.ts";
import { sharingFactor } from "../../../shared/crypto/paillier/arithmetic.ts";
import { CiphertextSum, ciphertextBytes, ciphertextToBytes, encryptBlocks } from "../../../shared/crypto/paillier/ciphertext.ts";
import { findCulprits } from "../../../shared/crypto/paillier/culprits.ts";
import { secureRng } from "../../../shared/random.ts";
import { testKey1024 } from "../../support/paillier-keys.ts";

const { publicKey: key, p, q } = testKey1024;

function toWire(...ciphertexts: readonly bigint[]): Uint8Array {
  const parts = ciphertexts.map(() => new Uint8Array(ciphertextBytes(key)));
  for (const [index, ciphertext] of ciphertexts.entries()) ciphertextToBytes(key, ciphertext, parts[index]!);
  return concatenate(...parts);
}

test("of 40 contributions, the three that share a factor with n are named with their ciphertexts, and the others' sum opens", async () => {
  const good = (): Promise<Uint8Array> => encryptBlocks(key, new Uint8Array(3 * key.bytes), 512, secureRng);
  const contributions = new Map<string, Uint8Array>();
  for (let client = 0; client < 40; client++) contributions.set(`client-${client}`, await good());
  contributions.set("client-0", toWire(p, 5n, q * 3n));
  contributions.set("client-17", toWire(7n, q * q, 1n));
  contributions.set("client-39", toWire(7n, p * 2n, 1n));

  const sum = new CiphertextSum(key, 3);
  for (const bytes of contributions.values()) sum.add(bytes);
  // Products of factors of p and of q are multiples of n: they share all of it.
  const failure = expect.objectContaining({ code: "AGGREGATION_FAILED", details: { indexes: [0, 1, 2] } });
  expect(() => sum.export()).toThrow(failure);

  const culprits = findCulprits(key, contributions);
  expect(culprits).toEqual([
    { client: "client-0", indexes: [0, 2] },
    { client: "client-17", indexes: [1] },
    { client: "client-39", indexes: [1] },
  ]);
  expect(findCulprits(key, contributions, [1]).map(({ client }) => client)).toEqual(["client-17", "client-39"]);

  const rest = new CiphertextSum(key, 3);
  for (const { client } of culprits) contributions.delete(client);
  for (const bytes of contributions.values()) rest.add(bytes);
  expect(() => rest.export()).not.toThrow();
  expect(findCulprits(key, contributions)).toEqual([]);
});

test("nobody is found among none", () => {
  expect(findCulprits(key, [])).toEqual([]);
});

test("places that share a factor, by bisection, are those found one by one", () => {
  const modulus = 77n;
  const values = Array.from({ length: 60 }, (_, i) => BigInt((i * i + 3) % 77));
  const expected = values.flatMap((value, place) => (value % 7n === 0n || value % 11n === 0n ? [place] : []));
  expect(sharingFactor(values, modulus)).toEqual(expected);
});
