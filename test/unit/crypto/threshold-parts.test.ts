/** Parts of holders: what they open, and that every forged one is refused and its holder named. */
import { beforeAll, describe, expect, test } from "vitest";
import { concatenate } from "../../../shared/crypto/encoding.ts";
import { powerMod } from "../../../shared/crypto/paillier/arithmetic.ts";
import { ciphertextBytes, ciphertextFromBytes } from "../../../shared/crypto/paillier/ciphertext.ts";
import { multiPowerSteps } from "../../../shared/crypto/paillier/multi-power.ts";
import { opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { createNodePartialDecryptor, createWorkerRaiser } from "../../../shared/crypto/paillier/partial-workers.node.ts";
import { combineParts, type HolderPart } from "../../../shared/crypto/paillier/threshold-combine.ts";
import { createKeyShare, wireBytes } from "../../../shared/crypto/paillier/threshold-key.ts";
import { checkPart, createPartialDecryptor, createRaiser, partBytes, verifyPart } from "../../../shared/crypto/paillier/threshold-part.ts";
import { createRng } from "../../../shared/random.ts";
import { testThresholdKey512, testThresholdKey2048 } from "../../support/threshold-keys.ts";
import { encryptOurs, encryptTheirs, fromBlocks, partsOf } from "../../support/threshold-samples.ts";

const dealt = testThresholdKey512;
const { key, shares } = dealt;
const { publicKey } = key;
const wire = ciphertextBytes(publicKey);
const plaintexts = [0n, 1n, publicKey.n - 1n, 42n];
const context = "wines round 3";
let ciphertexts: Uint8Array;
let parts: readonly HolderPart[];

const blames = (holder: number, code = "UPDATE_REJECTED"): unknown =>
  expect.objectContaining({ code, details: expect.objectContaining({ holder }) as unknown });
const part = (index: number): Uint8Array => parts[index - 1]!.part;

beforeAll(async () => {
  ciphertexts = concatenate(await encryptOurs(publicKey, plaintexts.slice(0, 2)), encryptTheirs(publicKey, plaintexts.slice(2)));
  parts = await partsOf(dealt, [1, 2, 3], ciphertexts, context);
});

describe("honest parts", () => {
  test("verify, and any two open 0, 1, n - 1 and others, in any order", async () => {
    for (const { index, part } of parts) await expect(verifyPart(key, index, ciphertexts, part, context)).resolves.toBeUndefined();
    for (const chosen of [
      [1, 2],
      [1, 3],
      [3, 2],
      [3, 2, 1],
    ]) {
      const blocks = await combineParts(
        key,
        4,
        chosen.map((index) => parts[index - 1]!),
      );
      expect(fromBlocks(publicKey, blocks)).toEqual(plaintexts);
    }
  });

  test("of one holder, given twice, do not open", async () => {
    const unmet = expect.objectContaining({ code: "THRESHOLD_UNMET" });
    await expect(combineParts(key, 4, [])).rejects.toEqual(unmet);
    await expect(combineParts(key, 4, [parts[0]!, parts[0]!])).rejects.toEqual(unmet);
  });

  test("open at 2,048 bits, with proofs by OpenSSL and by BigInt", async () => {
    const { key, shares } = testThresholdKey2048;
    const ciphertext = await encryptOurs(key.publicKey, [7n ** 500n]);
    const made = await Promise.all([
      createPartialDecryptor(key, shares[0]!, { power: opensslPower })(ciphertext, context),
      createPartialDecryptor(key, shares[2]!)(ciphertext, context),
    ]);
    const held = [{ index: 1, part: made[0] }, { index: 3, part: made[1] }]; // biome-ignore format: one line shows it
    for (const { index, part } of held) await verifyPart(key, index, ciphertext, part, context);
    expect(fromBlocks(key.publicKey, await combineParts(key, 1, held))).toEqual([7n ** 500n]);
  });

  test("of ciphertexts without randomness, 1 and 1 + n among them, open too", async () => {
    const bare = concatenate(wireBytes(publicKey, 1n), wireBytes(publicKey, 1n + publicKey.n));
    for (const list of [bare, bare.subarray(0, wire)]) {
      const held = await partsOf(dealt, [2, 3], list, context);
      for (const { index, part } of held) await verifyPart(key, index, list, part, context);
      expect(fromBlocks(publicKey, await combineParts(key, list.length / wire, held))).toEqual([0n, 1n].slice(0, list.length / wire));
    }
  });
});

describe("a forged part is refused and its holder named", () => {
  test("with one changed bit, wherever it is", async () => {
    const { length } = part(1);
    for (const at of [1, wire - 2, wire + 5, 3 * wire, length - 200, length - 120, length - 20, 4 * wire + 3]) {
      const changed = part(1).slice();
      changed[at] = changed[at]! ^ 4;
      await expect(verifyPart(key, 1, ciphertexts, changed, context), `byte ${at}`).rejects.toEqual(blames(1));
    }
  });

  test("of another holder, or made with another's share", async () => {
    await expect(verifyPart(key, 1, ciphertexts, part(2), context)).rejects.toEqual(blames(1));
    const lent = createKeyShare(key, 3, shares[0]!.secret);
    const lie = await createPartialDecryptor(key, lent, { power: opensslPower })(ciphertexts, context);
    await expect(verifyPart(key, 3, ciphertexts, lie, context)).rejects.toEqual(blames(3));
  });

  test("from another round, or for other ciphertexts or another order of them", async () => {
    await expect(verifyPart(key, 2, ciphertexts, part(2), "wines round 4")).rejects.toEqual(blames(2));
    const other = await encryptOurs(publicKey, plaintexts);
    await expect(verifyPart(key, 2, other, part(2), context)).rejects.toEqual(blames(2));
    const turned = concatenate(ciphertexts.subarray(wire), ciphertexts.subarray(0, wire));
    await expect(verifyPart(key, 2, turned, part(2), context)).rejects.toEqual(blames(2));
    const split = concatenate(part(2).subarray(0, wire), part(2).subarray(4 * wire));
    await expect(verifyPart(key, 2, ciphertexts.subarray(0, wire), split, context)).rejects.toEqual(blames(2));
  });

  test("with a negated power; a holder that proves the negated one changes nothing", async () => {
    const negate = (bytes: Uint8Array): Uint8Array => {
      const negated = bytes.slice();
      negated.set(wireBytes(publicKey, publicKey.nSquared - ciphertextFromBytes(publicKey, bytes)));
      return negated;
    };
    await expect(verifyPart(key, 1, ciphertexts, negate(part(1)), context)).rejects.toEqual(blames(1));
    const honest = createRaiser(key, shares[0]!, opensslPower);
    const decrypt = createPartialDecryptor(key, shares[0]!, { power: opensslPower, raise: async (list) => negate(await honest(list)) });
    const proved = await decrypt(ciphertexts, context);
    await verifyPart(key, 1, ciphertexts, proved, context);
    expect(fromBlocks(publicKey, await combineParts(key, 4, [{ index: 1, part: proved }, parts[1]!]))).toEqual(plaintexts);
  });

  test("with errors that cancel in the plain product, and a proof of its holder's own", async () => {
    const honest = createRaiser(key, shares[0]!, opensslPower);
    const { nSquared, n } = publicKey;
    const decrypt = createPartialDecryptor(key, shares[0]!, {
      power: opensslPower,
      raise: async (list) => {
        const out = await honest(list);
        const shift = (at: number, by: bigint): void =>
          out.set(wireBytes(publicKey, (ciphertextFromBytes(publicKey, out, at) * by) % nSquared), at);
        // (1 + n) and (1 - n) are each other's inverses.
        shift(0, 1n + n);
        shift(wire, nSquared + 1n - n);
        return out;
      },
    });
    await expect(verifyPart(key, 1, ciphertexts, await decrypt(ciphertexts, context), context)).rejects.toEqual(blames(1));
  });

  test("in its form, before anything is computed", async () => {
    const bad: [Uint8Array, string][] = [
      [part(1).subarray(1), "SHAPE_MISMATCH"],
      [concatenate(part(1), new Uint8Array(1)), "SHAPE_MISMATCH"],
      [new Uint8Array(0), "SHAPE_MISMATCH"],
      [concatenate(new Uint8Array(wire), part(1).subarray(wire)), "UPDATE_REJECTED"],
      [concatenate(new Uint8Array(wire).fill(255), part(1).subarray(wire)), "UPDATE_REJECTED"],
    ];
    for (const [bytes, code] of bad) {
      expect(() => checkPart(key, 1, 4, bytes)).toThrow(blames(1, code) as Error);
      await expect(verifyPart(key, 1, ciphertexts, bytes, context)).rejects.toEqual(blames(1, code));
      await expect(combineParts(key, 4, [parts[1]!, { index: 1, part: bytes }])).rejects.toEqual(blames(1, code));
    }
    expect(part(1).length).toBe(partBytes(key, 4));
    for (const index of [0, 4, 1.5]) await expect(verifyPart(key, index, ciphertexts, part(1), context)).rejects.toThrow(RangeError);
  });

  test("by combining, when nobody verified it", async () => {
    const swapped = [{ index: 1, part: part(2) }, { index: 3, part: part(3) }]; // biome-ignore format: one line shows it
    const details = expect.objectContaining({ index: 0, holders: [1, 3] }) as unknown;
    await expect(combineParts(key, 4, swapped)).rejects.toEqual(expect.objectContaining({ code: "AGGREGATION_FAILED", details }));
  });
});

test("malformed ciphertexts are refused before the share is touched", async () => {
  let touched = 0;
  const decrypt = createPartialDecryptor(key, shares[0]!, {
    power: () => {
      touched += 1;
      return (base) => base;
    },
  });
  const bad = [new Uint8Array(0), new Uint8Array(wire), new Uint8Array(wire).fill(255), ciphertexts.subarray(1)];
  for (const bytes of bad) {
    const code = bytes.length === wire ? "UPDATE_REJECTED" : "SHAPE_MISMATCH";
    await expect(decrypt(bytes, context)).rejects.toEqual(expect.objectContaining({ code }));
  }
  expect(touched).toBe(0);
});

describe("worker threads", () => {
  test("give the same bytes, in any number", async () => {
    const list = concatenate(ciphertexts, ciphertexts, ciphertexts.subarray(0, 3 * wire));
    const expected = await createRaiser(key, shares[1]!, opensslPower)(list);
    for (const workers of [1, 2, 3]) {
      expect(await createWorkerRaiser(key, shares[1]!, { workers, perWorker: 2 })(list)).toEqual(expected);
    }
    const made = await createNodePartialDecryptor(key, shares[1]!, { workers: 2, perWorker: 2 })(list, context);
    await verifyPart(key, 2, list, made, context);
  });

  test("that fail say nothing about the share", async () => {
    const broken = Object.defineProperty({ index: 1 }, "secret", { value: publicKey.nSquared + 1n }) as unknown as (typeof shares)[0];
    const failure = await createWorkerRaiser(key, broken, { workers: 2, perWorker: 1 })(ciphertexts).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "INTERNAL", details: {} });
    expect((failure as Error).cause).toBeUndefined();
    expect(String(failure)).not.toMatch(/\d/);
  });
});

test("a product of many powers is the product of the powers", () => {
  const rng = createRng(11);
  const modulus = publicKey.nSquared;
  for (const count of [0, 1, 3, 130]) {
    const bases = Array.from({ length: count }, () => BigInt(rng.below(2 ** 32)) ** 9n);
    const exponents = Array.from({ length: count }, (_, j) => Uint8Array.from({ length: 16 }, () => (j % 7 === 3 ? 0 : rng.below(256))));
    const steps = multiPowerSteps(bases, exponents, modulus);
    let step = steps.next();
    while (!step.done) step = steps.next();
    const number = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
    const expected = bases.reduce((all, base, j) => (all * powerMod(base, number(exponents[j]!), modulus)) % modulus, 1n);
    expect(step.value).toBe(expected);
  }
});
