/** The suite that every protection passes: both halves together give the sum and nothing else. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import type { AggregatorHalf, Opener, Protection, RoundFrame } from "../../shared/protections/protection.ts";
import { createRng } from "../../shared/random.ts";
import { identities, playRound, type RoundTrace, realTools } from "../support/protected-round.ts";

/** A protection to prove, and what opens its sums. */
export interface ProtectionCase {
  readonly protection: Protection;
  readonly opener: Opener | undefined;
  /** Greatest error of a sum's entry for each contribution in it. */
  readonly errorPerContribution: number;
  /** True where every vector of the right length could be an honest one, as masked vectors could. */
  readonly anyWordsAreAnAnswer?: boolean;
}

const clients = 7;
const frame: RoundFrame = {
  run: "suite",
  terms: "t".repeat(43),
  round: 3,
  size: 173,
  range: { maxAbs: 8, fractionBits: 12 },
  cohort: { size: 9, min: 3 },
};

/** Runs the suite. */
export function describeProtection(
  name: string,
  { protection, opener, errorPerContribution, anyWordsAreAnAnswer = false }: ProtectionCase,
): void {
  const stage = protection.contributionStage;
  const last = protection.stages.length - 1;
  const contributions = Array.from({ length: clients }, (_, client) => draw(client));
  const play = (people = contributions): Promise<RoundTrace> => playRound(protection, frame, people);
  const idOf = (device: number): string => identities[device]!.id;

  /** A half that has taken a round's answers in again, as a server that was restarted does; `order` within a stage. */
  async function replay(
    { answers, answered }: RoundTrace,
    order: (devices: readonly number[]) => readonly number[],
  ): Promise<AggregatorHalf> {
    const half = await protection.createAggregator(frame, realTools);
    for (let at = 0; at <= last; at++) {
      await half.begin(at, (at === 0 ? contributions.map((_, device) => device) : answered[at - 1]!).map(idOf));
      for (const device of order(answered[at]!)) {
        const { bytes, signature } = answers.find((answer) => answer.stage === at && answer.device === device)!;
        half.combine(at, idOf(device), bytes, signature);
      }
    }
    return half;
  }

  /** A round up to the contribution's stage, whose answers are not in yet. */
  async function upToContributions(people = contributions): Promise<{ half: AggregatorHalf; answers: Uint8Array[] }> {
    const answers: Uint8Array[] = [];
    const { half } = await playRound(protection, frame, people, {
      answer(_, at, answer) {
        if (at === stage) answers.push(answer);
        if (at === stage) throw new Error("kept by the test");
        return answer;
      },
    });
    return { half, answers };
  }

  describe(`protection ${name}`, () => {
    it("names its stages, the contribution's among them, and is sound for the suite's sizes", async () => {
      expect(protection.stages.length).toBeGreaterThan(0);
      expect(protection.stages[stage]).toBeDefined();
      expect(() => protection.assertSound(frame)).not.toThrow();
      await protection.assertHolds?.(frame);
    });

    it("reveals the sum and the count, whatever the order, also after a restart, with briefs and answers within their limits", async () => {
      const trace = await play();
      expect(trace.refusals).toEqual([]);
      for (const { stage: at, bytes } of trace.answers) expect(bytes.length).toBeLessThanOrEqual(protection.maxAnswerBytes(at, frame));
      expect(trace.half.count).toBe(clients);
      expectSum(await trace.half.reveal(opener), contributions, errorPerContribution);
      for (const order of [(devices: readonly number[]) => devices, (devices: readonly number[]) => devices.toReversed()]) {
        const again = await replay(trace, order);
        for (const device of trace.answered[last]!) {
          const brief = again.brief(last, idOf(device));
          expect(brief).toEqual(trace.half.brief(last, idOf(device)));
          expect(brief.length).toBeLessThanOrEqual(protection.maxBriefBytes(last, frame));
        }
        expectSum(await again.reveal(opener), contributions, errorPerContribution);
      }
    });

    it("gives the same sum through exported parts, stage by stage", async () => {
      const { answers, answered } = await play();
      const whole = await protection.createAggregator(frame, realTools);
      for (let at = 0; at <= last; at++) {
        await whole.begin(at, (at === 0 ? contributions.map((_, device) => device) : answered[at - 1]!).map(idOf));
        for (const devices of [[0, 1, 2], [3], [4, 5, 6]]) {
          const part = await protection.createAggregator(frame, realTools);
          for (const device of devices) {
            const { bytes, signature } = answers.find((answer) => answer.stage === at && answer.device === device)!;
            part.admit(at, idOf(device), bytes);
            part.combine(at, idOf(device), bytes, signature);
          }
          whole.merge(part.export());
        }
      }
      expect(whole.count).toBe(clients);
      expectSum(await whole.reveal(opener), contributions, errorPerContribution);
    });

    it("refuses malformed answers of every stage with a code and leaves the sum as it was", async () => {
      const codes: unknown[] = [];
      const { half, refusals } = await playRound(protection, frame, contributions, {
        answer(device, at, answer, aggregator) {
          if (device !== 3) return answer;
          const bad = [new Uint8Array(0), answer.subarray(1), new Uint8Array(answer.length + 1)];
          if (at !== stage || !anyWordsAreAnAnswer) bad.push(new Uint8Array(answer.length).fill(0xff));
          for (const bytes of bad) codes.push(codeOf(() => aggregator.admit(at, idOf(device), bytes)));
          return answer;
        },
      });
      expect(refusals).toEqual([]);
      expect(codes.length).toBeGreaterThanOrEqual(3 * protection.stages.length);
      const known = ["SHAPE_MISMATCH", "UPDATE_REJECTED", "VALUE_NOT_FINITE", "MESSAGE_TOO_LARGE", "MESSAGE_MALFORMED"];
      for (const code of codes) expect(known).toContain(code);
      expectSum(await half.reveal(opener), contributions, errorPerContribution);
    });

    it("refuses values that are not finite, on the device or at the aggregator", async () => {
      for (const poison of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const people = contributions.map((values) => values.slice());
        people[3]![100] = poison;
        const { refusals, half } = await play(people);
        expect(refusals).toMatchObject([{ device: 3, stage, message: expect.stringContaining("entry 100") as string }]);
        const rest = contributions.filter((_, device) => device !== 3);
        expectSum(await half.reveal(opener), rest, errorPerContribution);
      }
    });

    it("reveals nothing below the minimum", async () => {
      const { half } = await playRound(protection, frame, contributions, { isLost: (device, at) => at === stage && device > 1 });
      expect(half.count).toBe(2);
      await expect(half.reveal(opener)).rejects.toMatchObject({ code: "COHORT_TOO_SMALL" });
    });

    it("says truly whether the aggregator can read a contribution", async () => {
      const [first, second] = [(await upToContributions()).answers, (await upToContributions()).answers];
      const values = contributions[0]!;
      const floats = Buffer.from(values.buffer, values.byteOffset, 64);
      expect(Buffer.from(first[0]!).includes(floats)).toBe(protection.revealsContributions);
      if (protection.revealsContributions) return;
      expect(first[0]).not.toEqual(second[0]);
      const zeros = contributions.map(() => new Float64Array(frame.size));
      expect((await upToContributions(zeros)).answers[0]!.length).toBe(first[0]!.length);
    });

    it("does not write to the values it seals", async () => {
      const values = contributions.map((_, device) => draw(device));
      await playRound(protection, frame, values);
      expect(values).toEqual(contributions);
    });
  });
}

function codeOf(attempt: () => void): unknown {
  try {
    attempt();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing was refused";
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
