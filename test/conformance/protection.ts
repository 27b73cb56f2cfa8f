/** The suite that every protection passes: both halves together give the sum and nothing else. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import type { AggregatorHalf, Opener, Protection, RoundFrame } from "../../shared/protections/protection.ts";
import { createRng, secureRng } from "../../shared/random.ts";

/** A protection to prove, and what opens its sums. */
export interface ProtectionCase {
  readonly protection: Protection;
  readonly opener: Opener | undefined;
  /** Greatest error of a sum's entry for each contribution in it. */
  readonly errorPerContribution: number;
}

const clients = 7;
const tools = { secure: secureRng };
const frame: RoundFrame = {
  run: "suite",
  terms: "t".repeat(43),
  round: 3,
  size: 173,
  range: { maxAbs: 8, fractionBits: 12 },
  cohort: { size: 9, min: 3 },
};

/** Runs the suite. */
export function describeProtection(name: string, { protection, opener, errorPerContribution }: ProtectionCase): void {
  const stage = protection.contributionStage;
  const contributions = Array.from({ length: clients }, (_, client) => draw(client));
  const seal = (values: Float64Array): Promise<Uint8Array> =>
    protection.createDevice(frame, "device", tools).answer(stage, new Uint8Array(0), values.slice());
  const take = (half: AggregatorHalf, client: number, answer: Uint8Array): void => {
    half.admit(stage, `client-${client}`, answer);
    half.combine(stage, `client-${client}`, answer, "");
  };

  describe(`protection ${name}`, () => {
    it("names its stages, the contribution's among them", () => {
      expect(protection.stages.length).toBeGreaterThan(0);
      expect(protection.stages[stage]).toBeDefined();
    });

    it("reveals the sum and the count, whatever the order, and makes answers of the stated size", async () => {
      const answers = await Promise.all(contributions.map(seal));
      for (const answer of answers) expect(answer.length).toBeLessThanOrEqual(protection.maxAnswerBytes(stage, frame));
      for (const order of [answers.keys(), [...answers.keys()].reverse()]) {
        const half = protection.createAggregator(frame, tools);
        for (const client of order) take(half, client, answers[client]!);
        expect(half.count).toBe(clients);
        expectSum(await half.reveal(opener), contributions, errorPerContribution);
      }
    });

    it("gives the same sum through exported parts", async () => {
      const answers = await Promise.all(contributions.map(seal));
      const whole = protection.createAggregator(frame, tools);
      for (const clientsOfPart of [[0, 1, 2], [3], [4, 5, 6]]) {
        const part = protection.createAggregator(frame, tools);
        for (const client of clientsOfPart) take(part, client, answers[client]!);
        whole.merge(part.export());
      }
      expect(whole.count).toBe(clients);
      expectSum(await whole.reveal(opener), contributions, errorPerContribution);
    });

    it("refuses malformed answers with a code and leaves the sum as it was", async () => {
      const half = protection.createAggregator(frame, tools);
      for (const client of [0, 1, 2]) take(half, client, await seal(contributions[client]!));
      const good = await seal(contributions[3]!);
      const bad = [new Uint8Array(0), good.subarray(1), new Uint8Array(good.length + 1), new Uint8Array(good.length).fill(0xff)];
      for (const answer of bad) {
        let code: unknown;
        try {
          half.admit(stage, "liar", answer);
        } catch (error) {
          ({ code } = error as { code?: unknown });
        }
        expect(["SHAPE_MISMATCH", "UPDATE_REJECTED", "VALUE_NOT_FINITE", "MESSAGE_TOO_LARGE"]).toContain(code);
      }
      expect(half.count).toBe(3);
      expectSum(await half.reveal(opener), contributions.slice(0, 3), errorPerContribution);
    });

    it("refuses values that are not finite, on the device or at the aggregator", async () => {
      for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const values = draw(0);
        values[100] = poison;
        const attempt = seal(values).then((answer) => protection.createAggregator(frame, tools).admit(stage, "liar", answer));
        await expect(attempt).rejects.toMatchObject({ code: "VALUE_NOT_FINITE" });
      }
    });

    it("reveals nothing below the minimum", async () => {
      const half = protection.createAggregator(frame, tools);
      for (const client of [0, 1]) take(half, client, await seal(contributions[client]!));
      await expect(half.reveal(opener)).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
    });

    it("says truly whether the aggregator can read a contribution", async () => {
      const values = contributions[0]!;
      const floats = Buffer.from(values.buffer, values.byteOffset, 64);
      const holdsIt = Buffer.from(await seal(values)).includes(floats);
      expect(holdsIt).toBe(protection.revealsContributions);
      if (protection.revealsContributions) return;
      const [one, other] = await Promise.all([seal(values), seal(values)]);
      expect(one).not.toEqual(other);
      expect(one.length).toBe((await seal(new Float64Array(frame.size))).length);
    });

    it("does not write to the values it seals", async () => {
      const values = draw(1);
      await protection.createDevice(frame, "device", tools).answer(stage, new Uint8Array(0), values);
      expect(values).toEqual(draw(1));
    });
  });
}

/** Values within the range, its ends among them. */
function draw(client: number): Float64Array {
  const rng = createRng(5, "protection", client);
  const values = Float64Array.from({ length: frame.size }, () => (2 * rng.float() - 1) * frame.range.maxAbs);
  values[0] = frame.range.maxAbs;
  values[1] = -frame.range.maxAbs;
  values[2] = 0;
  return values;
}

function expectSum(
  aggregate: { readonly values: Float64Array; readonly count: number },
  contributions: readonly Float64Array[],
  errorPerContribution: number,
): void {
  expect(aggregate.count).toBe(contributions.length);
  expect(aggregate.values).toHaveLength(frame.size);
  for (let i = 0; i < frame.size; i++) {
    const exact = contributions.reduce((total, values) => total + values[i]!, 0);
    expect(Math.abs(aggregate.values[i]! - exact)).toBeLessThanOrEqual(contributions.length * errorPerContribution + 1e-12);
  }
}
