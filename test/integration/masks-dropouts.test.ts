/**
 * Devices lost at every stage of a masked round, in every number, at every sound threshold: the sum over exactly those whose contribution came,
 * or nothing. When a round must succeed is said here again, in the test's own words, and so is what may be given out when it does not.
 */
import { describe, expect, it } from "vitest";
import { parseKeysAnswer } from "../../shared/crypto/masks/messages.ts";
import { nodeKeyholderTools } from "../../shared/protections/keyholder-tools.node.ts";
import { localOpener } from "../../shared/protections/local-opener.ts";
import { maskedPaillier } from "../../shared/protections/masked-paillier.ts";
import { type MaskOptions, stageOf } from "../../shared/protections/masked-round.ts";
import { masks } from "../../shared/protections/masks.ts";
import type { Opener, Protection } from "../../shared/protections/protection.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { codeOf, countShares, playCohort, playFrame, releasedIn, soundThresholds, sumOf } from "../support/masked-play.ts";
import { playRound, type RoundTrace } from "../support/protected-round.ts";
import { protectionSections } from "../support/protection-sections.ts";

/** A loss of so many of the devices that are left, before their answer to a stage. */
interface Loss {
  readonly stage: number;
  readonly count: number;
}

/** What became of a round. */
type Outcome = "revealed" | "COHORT_TOO_SMALL" | "THRESHOLD_UNMET";

interface Setting {
  readonly protection: Protection;
  readonly opener?: Opener | undefined;
  readonly devices: number;
  readonly min: number;
  readonly threshold: number;
}

const stages = Object.values(stageOf);
const names = Object.keys(stageOf);

/** Plays a round with losses and checks all that holds for it, whatever its outcome. */
async function survive(setting: Setting, losses: readonly Loss[], seed: number): Promise<Outcome> {
  const { protection, opener, devices, min } = setting;
  const rng = createRng(seed, "losses");
  // Who is lost is drawn among all; the losses of two stages are other devices.
  const order = Array.from({ length: devices }, (_, index) => index);
  for (let at = devices - 1; at > 0; at--) {
    const other = Math.floor(rng.float() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  const lostAt = new Map<number, number>();
  for (const { stage, count } of losses) for (const device of order.splice(0, count)) lostAt.set(device, stage);
  const frame = playFrame(devices, min);
  const trace = await playRound(protection, frame, playCohort(devices), { isLost: (device, stage) => lostAt.get(device) === stage });
  const label = `n ${devices}, t ${setting.threshold}, lost ${JSON.stringify(losses)}`;

  const outcome = await trace.half.reveal(opener).then(
    ({ values, count }): Outcome => {
      const contributors = trace.answered[stageOf.contribution]!;
      expect([...values], label).toEqual(sumOf(contributors));
      expect(count, label).toBe(contributors.length);
      expect(contributors.length, label).toBeGreaterThanOrEqual(min);
      return "revealed";
    },
    (error: unknown) => codeOf(error) as Outcome,
  );
  expect(["revealed", "COHORT_TOO_SMALL", "THRESHOLD_UNMET"], label).toContain(outcome);
  expect(outcome, label).toBe(expectedOutcome(setting, trace));
  expectNothingMore(setting, trace, outcome, label);
  return outcome;
}

/** Out-neighbors by device, as announced; of those that announced. */
function graphIn({ answers }: RoundTrace, devices: number): ReadonlyMap<number, readonly number[]> {
  const announced = answers.filter(({ stage }) => stage === stageOf.keys);
  return new Map(announced.map(({ device, bytes }) => [device, parseKeysAnswer(bytes, devices).neighbors]));
}

/**
 * A round must succeed when at least `min` devices contribute; every device that goes on finds t of its out-neighbors there, at each stage; and
 * t out-neighbors of every contributor, and of every device lost between its shares and its contribution, are there at the end.
 */
function expectedOutcome({ devices, min, threshold }: Setting, trace: RoundTrace): Outcome {
  const at = (stage: number): readonly number[] => trace.answered[stage] ?? [];
  if (at(stageOf.contribution).length < min) return "COHORT_TOO_SMALL";
  const graph = graphIn(trace, devices);
  const enough = (device: number, there: readonly number[]): boolean =>
    graph.get(device)!.filter((neighbor) => there.includes(neighbor)).length >= threshold;
  const included = at(stageOf.contribution);
  // Whoever is lost and has no neighbor in the sum has left no mask in it.
  const lost = at(stageOf.shares).filter(
    (device) =>
      !included.includes(device) && included.some((other) => graph.get(device)!.includes(other) || graph.get(other)!.includes(device)),
  );
  const end = at(stageOf.unmask);
  return [...included, ...lost].every((device) => enough(device, end)) ? "revealed" : "THRESHOLD_UNMET";
}

/** What was given out opens no more than the one sum. */
function expectNothingMore({ devices, threshold }: Setting, trace: RoundTrace, outcome: Outcome, label: string): void {
  const released = releasedIn(trace, devices);
  const included = trace.answered[stageOf.contribution] ?? [];
  if (outcome === "COHORT_TOO_SMALL") expect(released.size, label).toBe(0);
  for (const [giver, shares] of released)
    expect(new Set(shares.map(({ index }) => index)).size, `${label}, giver ${giver}`).toBe(shares.length);
  let openSeeds = 0;
  let openKeys = 0;
  for (let owner = 0; owner < devices; owner++) {
    const { seed, key } = countShares(released, owner);
    // Never one share of the other kind: of a contributor's key, or of the seed of anybody else.
    expect(included.includes(owner) ? key : seed, `${label}, owner ${owner}`).toBe(0);
    if (seed >= threshold) openSeeds += 1;
    if (key >= threshold) openKeys += 1;
  }
  const lost = (trace.answered[stageOf.shares] ?? []).length - included.length;
  // Where nothing is revealed, a mask of the sum stays closed.
  if (outcome !== "revealed") expect(openSeeds < included.length || openKeys < lost || included.length === 0, label).toBe(true);
}

/** One loss at each stage in every number, and two losses at different stages. */
function singles(devices: number): readonly (readonly Loss[])[] {
  return stages.flatMap((stage) => Array.from({ length: devices + 1 }, (_, count) => [{ stage, count }]));
}

function doubles(devices: number, counts: (left: number) => readonly number[]): readonly (readonly Loss[])[] {
  return stages.flatMap((first) =>
    stages
      .filter((second) => second > first)
      .flatMap((second) =>
        counts(devices).flatMap((a) =>
          counts(devices - a).map((b): readonly Loss[] => [
            { stage: first, count: a },
            { stage: second, count: b },
          ]),
        ),
      ),
  );
}

const oneOrMore = (left: number): readonly number[] => Array.from({ length: Math.max(0, left) }, (_, at) => at + 1);
/** Few, and about as many as a threshold bears. */
const edges = (left: number): readonly number[] => [...new Set([1, Math.floor(left / 2)])].filter((count) => count > 0 && count <= left);

async function run(setting: Setting, cases: readonly (readonly Loss[])[]): Promise<ReadonlyMap<Outcome, number>> {
  const tally = new Map<Outcome, number>();
  for (const [index, losses] of cases.entries()) {
    const outcome = await survive(setting, losses, index);
    tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  }
  return tally;
}

function protectionOf(options: MaskOptions): Protection {
  return masks.create({ kind: "masks", ...options });
}

describe("devices lost in a masked round", () => {
  it.each([3, 4, 5, 6, 7, 8, 9])("give the sum of those whose contribution came, or nothing: full graph of %i", async (devices) => {
    for (const { options, threshold } of soundThresholds(devices)) {
      const setting = { protection: protectionOf(options), devices, min: 2, threshold };
      const cases = [...singles(devices), ...doubles(devices, devices <= 5 ? oneOrMore : edges)];
      const tally = await run(setting, cases);
      // With a threshold below the greatest, one loss at any stage does no harm: see below. Abandoned rounds are seen too.
      expect(tally.get("revealed")).toBeGreaterThanOrEqual(stages.length);
      expect(tally.get("COHORT_TOO_SMALL")).toBeGreaterThan(0);
      expect(tally.get("THRESHOLD_UNMET")).toBeGreaterThan(0);
    }
  });

  it("do no harm as long as t neighbors of everybody stay, at every stage and at two", async () => {
    for (const devices of [5, 7, 9]) {
      for (const { options, threshold } of soundThresholds(devices)) {
        const setting = { protection: protectionOf(options), devices, min: 2, threshold };
        const spare = devices - 1 - threshold;
        const cases: (readonly Loss[])[] = stages.map((stage) => [{ stage, count: spare }]);
        for (let a = 1; a < spare; a++)
          cases.push(...doubles(devices, () => [a, spare - a]).filter((pair) => pair[0]!.count + pair[1]!.count === spare));
        expect([...(await run(setting, cases))]).toEqual([["revealed", cases.length]]);
      }
    }
  });

  it("lose the round at one more, with nothing given out that opens it", async () => {
    for (const devices of [5, 7, 9]) {
      for (const { options, threshold } of soundThresholds(devices)) {
        const setting = { protection: protectionOf(options), devices, min: 2, threshold };
        const cases = stages.map((stage): readonly Loss[] => [{ stage, count: devices - threshold }]);
        expect((await run(setting, cases)).get("revealed")).toBeUndefined();
      }
    }
  });

  it("are made up for on a sparse graph too, and below it nothing is revealed", async () => {
    const devices = 20;
    const [neighbors, threshold] = [12, 9];
    const options = { corruption: 0, dropout: 0.1, neighbors, threshold: threshold / neighbors };
    const setting = { protection: protectionOf(options), devices, min: 8, threshold };
    const cases = [
      ...stages.flatMap((stage) => [0, 1, 3, 13].map((count): readonly Loss[] => [{ stage, count }])),
      ...doubles(devices, () => [2]),
    ];
    const tally = await run(setting, cases);
    expect(tally.get("revealed")).toBeGreaterThanOrEqual(2 * stages.length);
    expect(tally.get("COHORT_TOO_SMALL")).toBeGreaterThan(0);
    expect(tally.get("THRESHOLD_UNMET")).toBeGreaterThan(0);
  });

  it.each(names.map((name, stage) => [name, stage] as const))(
    "before %s: the same holds where the masked vectors are encrypted",
    async (_, stage) => {
      const { section, secrets } = protectionSections["masked-paillier"];
      const options = parseConfig(
        maskedPaillier.options,
        { ...section, masks: { corruption: 0, dropout: 0, neighbors: 4, threshold: 0.75 } },
        "protection",
      );
      const protection = maskedPaillier.create(options);
      const opener = localOpener(
        await Promise.all(secrets.map((secret) => maskedPaillier.createKeyholder!(options, secret, nodeKeyholderTools))),
      );
      const setting = { protection, opener, devices: 5, min: 2, threshold: 3 };
      const cases = [0, 1, 2, 4].map((count): readonly Loss[] => [{ stage, count }]);
      const tally = await run(setting, cases);
      expect(tally.get("revealed")).toBe(2);
    },
  );
});
