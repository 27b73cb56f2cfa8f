/** Ratings that arrive over a simulated run, and devices that take part when something has changed. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../simulations/simulate.ts";

const scenario = { model: { kind: "implicit-als", rank: 3 }, rounds: 4, baselines: [], seed: 3 };
const timeline = { steps: 3, from: 0.5, roundsPerStep: 2 };
/** What does not depend on the machine. */
const figuresOf = ({ timing: _timing, memory: _memory, version: _version, ...result }: Awaited<ReturnType<typeof simulate>>) => result;

describe("a simulated temporal run", () => {
  it("is the plain run, bit for bit, when everyone takes part in every round and both round alike", async () => {
    const range = { fractionBits: 22, rounding: "nearest" };
    const plain = await simulate({ ...scenario, range: { ...range, maxAbs: 8 } });
    const temporal = await simulate({ ...scenario, temporal: { trainingRounds: 4 } });
    expect(temporal.rounds.map(({ accepted }) => accepted)).toEqual(plain.rounds.map(({ accepted }) => accepted));
    expect(temporal.metrics.test).toEqual(plain.metrics.test);
    expect(temporal.metrics.validation).toEqual(plain.metrics.validation);
  }, 60_000);

  it("gives the same model under masks and Paillier as in the open, at a timeline's end", async () => {
    const few = {
      ...scenario,
      rounds: 2,
      participants: 30,
      model: { kind: "implicit-als", rank: 2 },
      timeline: { ...timeline, roundsPerStep: 1 },
      temporal: { trainingRounds: 2, driftTolerance: "any" },
    };
    const open = await simulate(few);
    expect(open.rounds.some(({ outcome, accepted }) => outcome === "published" && accepted < 30)).toBe(true);
    for (const protection of [{ kind: "masks" }, { kind: "paillier", holders: 1 }]) {
      const hidden = await simulate({ ...few, protection });
      expect(hidden.metrics).toEqual(open.metrics);
      expect(hidden.timeline!.map(({ metrics, tookPart }) => ({ metrics, tookPart }))).toEqual(
        open.timeline!.map(({ metrics, tookPart }) => ({ metrics, tookPart })),
      );
    }
  }, 120_000);

  it("lets rounds pass in which nobody has anything new, and ends all the same", async () => {
    const { rounds, isComplete } = await simulate({ ...scenario, temporal: { driftTolerance: "any" } });
    expect(rounds.map(({ outcome, invited }) => [outcome, invited > 0])).toEqual([
      ["published", true],
      ["abandoned", false],
      ["abandoned", false],
      ["abandoned", false],
    ]);
    expect(isComplete).toBe(true);
  }, 60_000);

  it("has all training ratings in the end, the earliest first, and fewer devices and bytes than with everyone in each round", async () => {
    const everyone = await simulate({ ...scenario, timeline });
    const temporal = await simulate({ ...scenario, timeline, temporal: { trainingRounds: 4, driftTolerance: "any" } });
    const steps = temporal.timeline!;
    expect(steps.map(({ step }) => step)).toEqual([0, 1, 2, 3]);
    for (const [at, step] of steps.entries()) {
      if (at > 0) expect(step.ratings).toBeGreaterThan(steps[at - 1]!.ratings);
      expect(step.tookPart).toBeLessThanOrEqual(step.present);
      expect(everyone.timeline![at]!.present).toBe(step.present);
      expect(everyone.timeline![at]!.contributions).toBe(step.present * (at === 0 ? 4 : 2));
      if (at > 0) expect(step.bytesUp).toBeLessThan(0.7 * everyone.timeline![at]!.bytesUp);
      if (at > 0) expect(step.bytesDown).toBeLessThan(0.7 * everyone.timeline![at]!.bytesDown);
    }
    expect(steps[0]!.stale).toEqual(steps[0]!.metrics);
    expect(steps[3]!.stale).not.toEqual(steps[3]!.metrics);
    expect(steps[3]!.metrics).toEqual(temporal.metrics.validation);
    expect(
      figuresOf(await simulate({ ...scenario, timeline, temporal: { trainingRounds: 4, driftTolerance: "any" } }, { workers: 2 })),
    ).toEqual(figuresOf(temporal));
  }, 120_000);

  it("is nearer to everyone in each round than to a model that is left alone", async () => {
    const slow = { ...scenario, rounds: 8, model: { kind: "implicit-als", rank: 8 }, timeline: { steps: 4, from: 0.4, roundsPerStep: 2 } };
    const everyone = (await simulate(slow)).timeline!;
    const temporal = (await simulate({ ...slow, temporal: { trainingRounds: 8, driftTolerance: "any" } })).timeline!;
    const mean = (figures: readonly number[]): number => figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
    const quality = (steps: typeof everyone, of: "metrics" | "stale") => mean(steps.slice(1).map((step) => step[of]["ndcg@10"]!));
    expect(Math.abs(quality(temporal, "metrics") - quality(everyone, "metrics"))).toBeLessThan(
      0.5 * (quality(everyone, "metrics") - quality(everyone, "stale")),
    );
  }, 120_000);

  it("is refused where it is not simulated, and for data without times", async () => {
    const refuse = (changes: object) => expect(simulate({ ...scenario, ...changes })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await refuse({ timeline, network: { transport: "socket" } });
    await refuse({ temporal: {}, network: { transport: "socket" } });
    await refuse({ temporal: {}, catalogue: {} });
    await refuse({ temporal: {}, model: { kind: "fcf" } });
    await refuse({ timeline: { stpes: 3 } });
    await refuse({ timeline, dataset: { name: "food-world-cup" } });
  });
});
