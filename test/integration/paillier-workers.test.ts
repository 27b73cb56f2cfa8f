/** Paillier work in worker threads: the same sums with any number of them, and errors that arrive where they belong. */
import { afterEach, expect, test } from "vitest";
import { bigIntToBytes, concatenate } from "../../shared/crypto/encoding.ts";
import { CiphertextSum, ciphertextToBytes, encryptBlocks } from "../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../shared/crypto/paillier/decrypt.ts";
import { opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { type PaillierWorkers, startPaillierWorkers } from "../../shared/crypto/paillier/workers.node.ts";
import { secureRng } from "../../shared/random.ts";
import { testKey1024 } from "../support/paillier-keys.ts";

const { publicKey: key } = testKey1024;
const decrypt = createDecryptor(testKey1024, opensslPower);
const started: PaillierWorkers[] = [];

afterEach(async () => {
  for (const workers of started.splice(0)) await workers.close();
});

function start(count: number): PaillierWorkers {
  const workers = startPaillierWorkers(key, count);
  started.push(workers);
  return workers;
}

function blocksOf(...values: readonly number[]): Uint8Array {
  return concatenate(...values.map((value) => bigIntToBytes(BigInt(value), key.bytes)));
}

test("sums of 30 contributions are the same bytes with 1, 2 and 3 workers as with none", async () => {
  const contributions: Uint8Array[] = [];
  for (let client = 0; client < 30; client++) {
    contributions.push(await encryptBlocks(key, blocksOf(...Array.from({ length: 7 }, (_, i) => client * i)), 512, secureRng));
  }
  const plain = new CiphertextSum(key, 7);
  for (const bytes of contributions) plain.add(bytes);
  for (const count of [1, 2, 3]) {
    const sum = start(count).createSum(7);
    const before = contributions.map((bytes) => bytes.length);
    for (const bytes of contributions) await sum.add(bytes);
    expect(await sum.export()).toEqual(plain.export());
    // It goes on from there, and the caller's bytes are the caller's still.
    await sum.add(contributions[0]!);
    expect(decrypt(await sum.export())).toEqual(blocksOf(...Array.from({ length: 7 }, (_, i) => 435 * i)));
    expect(contributions.map((bytes) => bytes.length)).toEqual(before);
    await sum.drop();
  }
});

test("a sum of fewer ciphertexts than workers, and one of no contributions", async () => {
  const sum = start(3).createSum(1);
  expect(decrypt(await sum.export())).toEqual(blocksOf(0));
  await sum.add(await encryptBlocks(key, blocksOf(5), 512, secureRng));
  expect(decrypt(await sum.export())).toEqual(blocksOf(5));
});

test("encryption opens to its blocks in their order, with any number of workers", async () => {
  const blocks = blocksOf(1, 2, 3, 4, 5);
  for (const count of [1, 2]) expect(decrypt(await start(count).encrypt(blocks, 512))).toEqual(blocks);
  expect(await start(2).encrypt(new Uint8Array(0), 512)).toEqual(new Uint8Array(0));
});

test("a malformed contribution is refused and leaves the sum intact; one that shares a factor with n is seen in the sum", async () => {
  const sum = start(2).createSum(2);
  const good = await encryptBlocks(key, blocksOf(1, 2), 512, secureRng);
  await sum.add(good);
  await expect(sum.add(good.slice(1))).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
  await expect(sum.add(new Uint8Array(good.length))).rejects.toMatchObject({ code: "UPDATE_REJECTED" });
  expect(decrypt(await sum.export())).toEqual(blocksOf(1, 2));
  const bad = good.slice();
  ciphertextToBytes(key, testKey1024.p, bad, bad.length / 2);
  await sum.add(bad);
  await expect(sum.export()).rejects.toMatchObject({ code: "AGGREGATION_FAILED", details: { indexes: [1] } });
});

test("a worker's error is the caller's, and after closing everything fails", async () => {
  const workers = start(2);
  await expect(workers.encrypt(new Uint8Array(key.bytes).fill(255), 512)).rejects.toThrow(/below n/);
  const sum = workers.createSum(1);
  await workers.close();
  await expect(sum.export()).rejects.toThrow(/ended/);
});
