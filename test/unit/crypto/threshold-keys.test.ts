/** Dealing a key to holders, and the texts of its public part and shares. */
import { beforeAll, describe, expect, test } from "vitest";
import { toBase64url } from "../../../shared/crypto/encoding.ts";
import { powerMod } from "../../../shared/crypto/paillier/arithmetic.ts";
import { drawPrime, drawSafePrime, opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { combineParts } from "../../../shared/crypto/paillier/threshold-combine.ts";
import { type DealtShares, dealThresholdKey, verifyKeyShare } from "../../../shared/crypto/paillier/threshold-deal.ts";
import {
  createKeyShare,
  createThresholdKey,
  keyShareText,
  maxHolders,
  parseKeyShare,
  parseThresholdKey,
  type ThresholdKeyText,
  thresholdKeyDigest,
  thresholdKeyText,
  wireBytes,
} from "../../../shared/crypto/paillier/threshold-key.ts";
import { verifyPart } from "../../../shared/crypto/paillier/threshold-part.ts";
import { testThresholdKey512, testThresholdKey2048 } from "../../support/threshold-keys.ts";
import { encryptOurs, fromBlocks, partsOf } from "../../support/threshold-samples.ts";

const refused = expect.objectContaining({ code: "CONFIG_INVALID" });
const weak = { allowWeak: true };
const deal = (bits: number, threshold: number, holders: number): Promise<DealtShares> =>
  dealThresholdKey({ bits, threshold, holders, drawSafePrime, power: opensslPower, allowWeak: true });

describe("a dealt key", () => {
  test.each([
    [2, 2],
    [2, 3],
    [3, 5],
    [16, 16],
    [2, 16],
  ])("opens with the first and with the last %i of %i holders", async (threshold, holders) => {
    const dealt = await deal(256, threshold, holders);
    const { publicKey } = dealt.key;
    const plaintexts = [0n, 1n, publicKey.n - 1n, 123_456_789n];
    const ciphertexts = await encryptOurs(publicKey, plaintexts);
    for (const first of new Set([1, holders - threshold + 1])) {
      const indexes = Array.from({ length: threshold }, (_, at) => first + at);
      const parts = await partsOf(dealt, indexes, ciphertexts, "run 1 round 1");
      for (const { index, part } of parts) await verifyPart(dealt.key, index, ciphertexts, part, "run 1 round 1");
      expect(fromBlocks(publicKey, await combineParts(dealt.key, 4, parts))).toEqual(plaintexts);
    }
  });

  test("has the length asked for, and shares that its verification values commit to", async () => {
    const { key, shares } = await deal(256, 2, 3);
    expect(key.publicKey.bits).toBe(256);
    expect(shares.map(({ index }) => index)).toEqual([1, 2, 3]);
    for (const share of shares) expect(() => verifyKeyShare(key, share)).not.toThrow();
    expect(() => verifyKeyShare(key, createKeyShare(key, 1, shares[1]!.secret))).toThrow(/holder 1/);
    expect(() => verifyKeyShare(key, createKeyShare(key, 1, shares[0]!.secret + 1n), opensslPower)).toThrow(refused);
  });

  test("has a worked example: the commitments are powers of the base with the factor 3! = 6", () => {
    const { key, shares } = testThresholdKey512;
    for (const { index, secret } of shares) {
      expect(powerMod(key.base, 6n * secret, key.publicKey.nSquared)).toBe(key.verifiers[index - 1]);
    }
  });

  test.each([
    [1, 3],
    [4, 3],
    [2, 17],
    [1, 1],
    [2.5, 3],
    [2, Number.NaN],
  ])("of %d of %d holders is refused before a prime is drawn", async (threshold, holders) => {
    const drawn = { bits: 256, threshold, holders, drawSafePrime: () => Promise.reject(new Error("drawn")), ...weak };
    await expect(dealThresholdKey(drawn)).rejects.toEqual(refused);
  });

  test("is refused when the primes are not safe", async () => {
    await expect(dealThresholdKey({ bits: 256, threshold: 2, holders: 3, drawSafePrime: drawPrime, ...weak })).rejects.toEqual(refused);
  });

  test("is refused when it is weak and nobody asked for that", async () => {
    await expect(dealThresholdKey({ bits: 256, threshold: 2, holders: 3, drawSafePrime })).rejects.toEqual(refused);
  });
});

describe("the text of a threshold key", () => {
  const { key } = testThresholdKey512;
  let text: ThresholdKeyText;
  const parse = (change: object): unknown => parseThresholdKey({ ...text, ...change }, weak);
  const encoded = (value: bigint): string => toBase64url(wireBytes(key.publicKey, value));

  beforeAll(() => {
    text = thresholdKeyText(key);
  });

  test("comes back, at 2,048 bits without asking", () => {
    expect(parseThresholdKey(text, weak)).toEqual(key);
    expect(parseThresholdKey(thresholdKeyText(testThresholdKey2048.key))).toEqual(testThresholdKey2048.key);
    expect(() => parseThresholdKey(text)).toThrow(refused);
  });

  test("with another threshold or number of holders is refused", () => {
    for (const threshold of [0, 1, 4, 1.5, Number.NaN]) expect(() => parse({ threshold })).toThrow(refused);
    for (const holders of [1, 2, 4, maxHolders + 1]) expect(() => parse({ holders })).toThrow(refused);
  });

  test("with verification values that are no invertible numbers below n^2, or equal, is refused", () => {
    const { n, nSquared } = key.publicKey;
    const { base, keys } = text.verification;
    const bad = [
      "",
      "*",
      base.slice(4),
      `${base}AAAA`,
      `${base.slice(0, -1)}_`,
      encoded(1n),
      encoded(nSquared - 1n),
      encoded(2n * n),
      keys[0],
    ];
    for (const value of bad) expect(() => parse({ verification: { base: value, keys } }), value).toThrow(refused);
    for (const value of bad.slice(0, -1)) expect(() => parse({ verification: { base, keys: [keys[0], keys[1], value] } })).toThrow(refused);
    expect(() => parse({ verification: { base, keys: [keys[0], keys[0], keys[1]] } })).toThrow(refused);
    expect(() => parse({ verification: { base, keys: new Array<string>(1_000_000).fill(base) } })).toThrow(refused);
  });

  test("gives another digest when anything changes", () => {
    const { base, verifiers } = key;
    const others = [
      { ...key, threshold: 3 },
      { ...key, base: verifiers[0]!, verifiers: [base, ...verifiers.slice(1)] },
      { ...key, verifiers: [verifiers[1]!, verifiers[0]!, verifiers[2]!] },
    ];
    const digests = [key, ...others].map((parts) => toBase64url(thresholdKeyDigest(createThresholdKey(parts))));
    expect(new Set(digests).size).toBe(4);
  });
});

describe("the text of a share", () => {
  const { key, shares } = testThresholdKey512;

  test("comes back, and the secret does not show when a share is listed, copied or written as JSON", () => {
    const share = shares[1]!;
    const back = parseKeyShare(key, keyShareText(share));
    expect([back.index, back.secret]).toEqual([2, share.secret]);
    expect(Object.keys(share)).toEqual(["index"]);
    expect(JSON.stringify({ ...share })).toBe('{"index":2}');
  });

  test.each([
    "",
    "null",
    "7",
    "[]",
    "{}",
    '{"index":1}',
    '{"index":0,"share":"7"}',
    '{"index":4,"share":"7"}',
    '{"index":1.5,"share":"7"}',
    '{"index":"1","share":"7"}',
    '{"index":1,"share":7}',
    '{"index":1,"share":"0"}',
    '{"index":1,"share":"-7"}',
    '{"index":1,"share":"7G"}',
    `{"index":1,"share":"1${"0".repeat(256)}"}`,
  ])("is refused: %s", (text) => {
    expect(() => parseKeyShare(key, text)).toThrow(refused);
  });

  test("is never quoted in a message", () => {
    const text = keyShareText(shares[0]!);
    for (const bad of [text.slice(0, -1), text.replace('"index":1', '"index":9')]) {
      try {
        parseKeyShare(key, bad);
        expect.fail("it was taken");
      } catch (error) {
        expect(String(error)).not.toContain(shares[0]!.secret.toString(16).slice(0, 12));
        expect((error as Error).cause).toBeUndefined();
      }
    }
  });
});
