/** Every way to unlearn keeps what its seam promises, and the audit tells forgetting from remembering. */
import { describe, expect, it } from "vitest";
import type { ModelState } from "../../shared/models/model.ts";
import { resolveSection } from "../../shared/registry.ts";
import { prepareScenario } from "../../simulations/prepare.ts";
import { parseScenario } from "../../simulations/scenario.ts";
import { createShards } from "../../simulations/shards.ts";
import { simulate } from "../../simulations/simulate.ts";
import { createDrive, runRound } from "../../simulations/simulated-round.ts";
import { Departures } from "../../simulations/unlearning/departures.ts";
import { methods } from "../../simulations/unlearning/methods/index.ts";
import type { UnlearningFigures } from "../../simulations/unlearning/options.ts";

const common = {
  dataset: { name: "food-world-cup" },
  split: { kind: "random" },
  model: { kind: "als", rank: 4 },
  participants: 90,
  rounds: 12,
  baselines: [],
  seed: 1,
};
const scenarios: Readonly<Record<string, object>> = {
  stop: common,
  "roll-back": common,
  difference: { ...common, temporal: { driftTolerance: 0 } },
};
const unlearning = { people: 25, after: 4 };

async function forgottenBy(kind: string, more: object = {}): Promise<UnlearningFigures> {
  const { unlearning: found } = await simulate({ ...scenarios[kind]!, unlearning: { ...unlearning, method: { kind } }, ...more });
  return found!;
}

/** States to choose from, told apart by their round. */
const states = Array.from({ length: 6 }, (_, round): ModelState => ({ shared: Float64Array.of(round), state: new Float64Array(0), round }));

describe.each(methods.map((definition) => [definition.kind, definition] as const))("unlearning by %s", (kind, definition) => {
  const method = definition.create(resolveSection(methods, { kind }, "method").options);

  it("goes on from a state that there was, no further back than it keeps, also from the first", () => {
    for (let count = 1; count <= states.length; count++) {
      const kept = states.slice(0, count);
      const resumed = method.resume(kept);
      expect(kept).toContain(resumed);
      expect(count - 1 - resumed.round).toBeLessThanOrEqual(method.keeps);
    }
  });

  it("brings the model nearer to one that never had them, and leaves the attacker less, at any number of workers", async () => {
    const found = await forgottenBy(kind);
    const { distances, membership, people, after } = found;
    expect([found.method, people, after]).toEqual([kind, 25, 4]);
    expect(distances[0]!.values).toBeGreaterThan(0.01);
    expect(distances.at(-1)!.scores).toBeLessThan(0.5 * distances[0]!.scores);
    expect(distances.at(-1)!.round).toBe(12);
    // They were in it: the attacker with a model without them tells so, and tells much less at the end.
    expect(membership.before.calibrated).toBeGreaterThan(0.5 + 3 * found.chance);
    expect(Math.abs(membership.after.calibrated - 0.5)).toBeLessThan(0.6 * (membership.before.calibrated - 0.5));
    expect(Math.abs(membership.after.fit - 0.5)).toBeLessThan(3 * found.chance);
    const { unlearning: again } = await simulate({ ...scenarios[kind]!, unlearning: { ...unlearning, method: { kind } } }, { workers: 2 });
    expect(again).toEqual(found);
  });

  it("says which runs it does not serve", async () => {
    const other = kind === "difference" ? scenarios["stop"]! : scenarios["difference"]!;
    await expect(simulate({ ...other, unlearning: { ...unlearning, method: { kind } } })).rejects.toThrow(
      /"unlearning.method" expected another/,
    );
  });
});

describe("unlearning", () => {
  it("by roll-back to before they came is exact: bit for bit the run that never had them, and chance for every attacker", async () => {
    const { distances, membership, repeatedRounds, keptStates } = await forgottenBy("roll-back");
    expect([repeatedRounds, keptStates]).toEqual([4, 4]);
    expect(distances.slice(1).map(({ values }) => values)).toEqual(new Array(13).fill(0));
    expect(membership.after.calibrated).toBe(0.5);
    const bounded = await forgottenBy("roll-back", {
      unlearning: { ...unlearning, method: { kind: "roll-back", rounds: 2 } },
    });
    expect([bounded.repeatedRounds, bounded.keptStates]).toEqual([2, 2]);
    expect(bounded.distances.at(-1)!.values).toBeGreaterThan(0);
  });

  it("by roll-back is exact for models that take steps, too, where every device solves its own part", async () => {
    const { distances } = await forgottenBy("roll-back", { model: { kind: "fed-mf", rank: 3 } });
    expect(distances.at(-1)!.values).toBe(0);
  });

  it("by stopping is exact in the next round, given where it began: bit for bit a round of those who never had them", async () => {
    const prepared = await prepareScenario(parseScenario({ ...scenarios["stop"]!, unlearning }));
    const { run, split, scenario } = prepared;
    const play = async (departures: Departures, state: ModelState | undefined, rounds: number): Promise<ModelState> => {
      const shards = createShards(run, { training: split.training }, scenario.seed, 1);
      const drive = await createDrive(prepared, shards, departures);
      let current = state ?? drive.initial;
      for (let round = current.round + 1; round <= rounds; round++) {
        departures.enter(current);
        const { state: next } = await runRound(prepared, drive, current, round);
        departures.publish(current, next!);
        current = next!;
      }
      await shards.close();
      return current;
    };
    const there = new Departures(prepared, scenario.unlearning!);
    const withThem = await play(there, undefined, 4);
    const stopped = await play(there, withThem, 5);
    expect(there.hasLeft).toBe(true);
    // Devices of this run never met anybody who left.
    const never = await play(new Departures(prepared, scenario.unlearning!, true), withThem, 5);
    expect(stopped.shared).toEqual(never.shared);
    expect(stopped.shared).not.toEqual(withThem.shared);
    // And with them it is another.
    const stayed = await play(new Departures(prepared, { ...scenario.unlearning!, after: 7 }), withThem, 5);
    expect(stayed.shared).not.toEqual(never.shared);
  });

  it("audits nobody who is not forgotten as forgotten: a model that keeps them fails it", async () => {
    const steps = {
      model: { kind: "biased-mf", rank: 8 },
      rounds: 60,
      unlearning: { people: 25, after: 58, method: { kind: "stop" } },
    };
    const { membership, chance, distances } = await forgottenBy("stop", steps);
    expect(membership.after.calibrated).toBeGreaterThan(0.5 + 3 * chance);
    expect(distances.at(-1)!.scores).toBeGreaterThan(0.5 * distances[0]!.scores);
  });

  it("is refused beside what it does not go with, and for too many or too late", async () => {
    expect(() => parseScenario({ unlearning: {}, network: { transport: "socket" } })).toThrow(
      /"unlearning" expected network.transport memory/,
    );
    expect(() => parseScenario({ unlearning: {}, rewards: {} })).toThrow(/"unlearning" expected no timeline/);
    expect(() => parseScenario({ unlearning: { method: { kind: "rollback" } } })).toThrow(/did you mean "roll-back"/);
    await expect(simulate({ ...common, unlearning: { people: 45 } })).rejects.toThrow(/"unlearning.people" expected at most 44/);
    await expect(simulate({ ...common, unlearning: { after: 12 } })).rejects.toThrow(/"unlearning.after" expected fewer than/);
    const promised = { ...common, privacy: { epsilon: 50, delta: 1e-5 }, unlearning: { method: { kind: "roll-back" } } };
    await expect(simulate(promised)).rejects.toThrow(/would cost privacy/);
  });
});
