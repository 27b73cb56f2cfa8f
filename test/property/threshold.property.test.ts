/** What holds for every sum, every choice of holders and every change of a part. fast-check prints the seed of a failure. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { equalBytes } from "../../shared/crypto/encoding.ts";
import { CiphertextSum } from "../../shared/crypto/paillier/ciphertext.ts";
import { drawSafePrime, opensslPower } from "../../shared/crypto/paillier/openssl-power.node.ts";
import { combineParts } from "../../shared/crypto/paillier/threshold-combine.ts";
import { dealThresholdKey } from "../../shared/crypto/paillier/threshold-deal.ts";
import { verifyPart } from "../../shared/crypto/paillier/threshold-part.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { testThresholdKey512 } from "../support/threshold-keys.ts";
import { encryptOurs, encryptTheirs, fromBlocks, partsOf } from "../support/threshold-samples.ts";

const sizes = fc.integer({ min: 2, max: 6 }).chain((holders) => fc.tuple(fc.integer({ min: 2, max: holders }), fc.constant(holders)));

test("any threshold of the holders open any sum of ours and paillier-bigint's ciphertexts; fewer open nothing", async () => {
  const plaintext = fc.bigInt({ min: 0n, max: (1n << 255n) - 1n });
  const column = fc.array(fc.tuple(plaintext, fc.boolean()), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(sizes, column, fc.array(fc.nat(), { minLength: 6, maxLength: 6 }), async ([threshold, holders], summands, ranks) => {
      const dealt = await dealThresholdKey({ bits: 256, threshold, holders, drawSafePrime, power: opensslPower, allowWeak: true });
      const { key } = dealt;
      const { n } = key.publicKey;
      const sum = new CiphertextSum(key.publicKey, 2);
      for (const [value, isOurs] of summands) {
        const plaintexts = [value % n, n - 1n - (value % n)];
        sum.add(isOurs ? await encryptOurs(key.publicKey, plaintexts) : encryptTheirs(key.publicKey, plaintexts));
      }
      const ciphertexts = sum.export();
      const total = summands.reduce((all, [value]) => all + (value % n), 0n);
      const expected = [total % n, (((BigInt(summands.length) * (n - 1n) - total) % n) + n) % n];
      const order = Array.from({ length: holders }, (_, at) => at + 1).sort((a, b) => ranks[a - 1]! - ranks[b - 1]!);
      const parts = await partsOf(dealt, order.slice(0, threshold), ciphertexts, "any");
      for (const { index, part } of parts) await verifyPart(key, index, ciphertexts, part, "any");
      expect(fromBlocks(key.publicKey, await combineParts(key, 2, parts))).toEqual(expected);
      await expect(combineParts(key, 2, parts.slice(1))).rejects.toMatchObject({ code: "THRESHOLD_UNMET" });
      // One holder fewer, counted as enough by a key that claims a lower threshold, opens nothing.
      if (threshold > 2) {
        const lower = { ...key, threshold: threshold - 1 };
        await expect(combineParts(lower, 2, parts.slice(1))).rejects.toMatchObject({ code: "AGGREGATION_FAILED" });
      }
    }),
    { numRuns: 30 },
  );
});

test("a part with any byte changed, or cut, or run together with another, is refused and its holder named", async () => {
  const { key } = testThresholdKey512;
  const ciphertexts = await encryptOurs(key.publicKey, [5n, 6n, 7n]);
  const [first, second] = await partsOf(testThresholdKey512, [1, 2], ciphertexts, "any");
  const { length } = first!.part;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom("change", "cut", "join"),
      async (at, by, how) => {
        const part = how === "cut" ? first!.part.slice(0, at) : first!.part.slice();
        if (how === "change") part[at] = part[at]! ^ by;
        if (how === "join") part.set(second!.part.subarray(at), at);
        // The last bytes of two parts may be alike.
        fc.pre(!equalBytes(part, first!.part));
        const failure = await verifyPart(key, 1, ciphertexts, part, "any").catch((error: unknown) => error);
        expect(isCofactorError(failure) && failure.details["holder"]).toBe(1);
      },
    ),
    { numRuns: 60 },
  );
});
