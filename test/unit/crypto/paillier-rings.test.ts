/** Which ring is chosen, what happens without WebAssembly, and that tables are shared. */
import { afterEach, expect, test, vi } from "vitest";
import { bigIntToBytes } from "../../../shared/crypto/encoding.ts";
import { CiphertextSum, encryptBlocks } from "../../../shared/crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../../../shared/crypto/paillier/decrypt.ts";
import { parsePublicKey, publicKeyText } from "../../../shared/crypto/paillier/keys.ts";
import { powerTableOf } from "../../../shared/crypto/paillier/randomizer.ts";
import { createBigIntRing } from "../../../shared/crypto/paillier/ring-bigint.ts";
import { createWasmRing } from "../../../shared/crypto/paillier/ring-wasm.ts";
import { createRing, fastestRing } from "../../../shared/crypto/paillier/rings.ts";
import { secureRng } from "../../../shared/random.ts";
import { testKey1024, testKey2048, testKeys } from "../../support/paillier-keys.ts";

const key = testKey1024.publicKey;

afterEach(() => {
  vi.unstubAllGlobals();
});

test("WebAssembly is the ring by default, one for equal keys", () => {
  for (const { publicKey } of testKeys) expect(fastestRing(publicKey).name).toBe("wasm");
  expect(createRing(key)).toBe(createRing(parsePublicKey(publicKeyText(key), { allowWeak: true })));
  expect(createRing(key)).not.toBe(createRing(testKey2048.publicKey));
});

test("without WebAssembly, or with one that computes wrongly, it is BigInt", () => {
  expect(fastestRing(key, (of) => ({ ...createWasmRing(of), multiply: (a, b) => (a * b + 1n) % of.nSquared })).name).toBe("bigint");
  vi.stubGlobal("WebAssembly", undefined);
  const refuse = (): never => {
    throw new TypeError("forbidden by the page's policy");
  };
  expect(fastestRing(key, refuse).name).toBe("bigint");
});

test("a key beyond the kernel's buffers gets BigInt", () => {
  const n = (1n << 9215n) + 1n;
  const huge = { n, nSquared: n * n, bits: 9216, bytes: 1152 };
  expect(fastestRing(huge).name).toBe("bigint");
  expect(fastestRing(huge).multiply(huge.n - 1n, huge.n - 1n)).toBe((huge.n - 1n) ** 2n);
});

test("rings mix: what one encrypts the other sums", async () => {
  const blocks = bigIntToBytes(21n, key.bytes);
  const [wasm, plain] = [createWasmRing(key), createBigIntRing(key)];
  for (const ring of [wasm, plain]) {
    const sum = new CiphertextSum(key, 1, ring);
    sum.add(await encryptBlocks(key, blocks, 512, secureRng, wasm));
    sum.add(await encryptBlocks(key, blocks, 512, secureRng, plain));
    expect(createDecryptor(testKey1024)(sum.export())).toEqual(bigIntToBytes(42n, key.bytes));
  }
});

test("many sums of one ring go on side by side", async () => {
  const block = (value: number): Uint8Array => bigIntToBytes(BigInt(value), key.bytes);
  const sums = Array.from({ length: 20 }, () => new CiphertextSum(key, 1));
  for (let client = 0; client < 3; client++) {
    for (const [index, sum] of sums.entries()) sum.add(await encryptBlocks(key, block(index + client), 512, secureRng));
  }
  sums.forEach((sum, index) => {
    expect(createDecryptor(testKey1024)(sum.export())).toEqual(block(3 * index + 3));
  });
});

test("a table is made once for equal keys and exponents, also when two ask at once", async () => {
  const again = parsePublicKey(publicKeyText(key), { allowWeak: true });
  const [first, second] = await Promise.all([powerTableOf(key, 512, secureRng), powerTableOf(again, 512, secureRng)]);
  expect(second).toBe(first);
  expect((await powerTableOf(testKey2048.publicKey, "half", secureRng)).exponentBytes).toBe(128);
  expect((await powerTableOf(testKey2048.publicKey, 512, secureRng)).exponentBytes).toBe(64);
});
