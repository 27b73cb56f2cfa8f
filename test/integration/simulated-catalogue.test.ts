/** Items that come and go in a simulated run: the same rounds as over a fixed table where none does, and the same events under every protection. */
import { describe, expect, it } from "vitest";
import { simulate } from "../../simulations/simulate.ts";

const scenario = {
  model: { kind: "fcf", rank: 4 },
  rounds: 6,
  baselines: [],
  seed: 3,
};
/** What does not depend on the machine. */
const figuresOf = ({ timing: _timing, memory: _memory, version: _version, ...result }: Awaited<ReturnType<typeof simulate>>) => result;

describe("a simulated run whose items come and go", () => {
  it("is the run over a fixed table, bit for bit, when every item is there from the start and stays", async () => {
    const fixed = await simulate(scenario);
    const live = await simulate({ ...scenario, catalogue: { arrival: "at-start" } });
    expect(live.metrics.test).toEqual(fixed.metrics.test);
    expect(live.metrics.validation).toEqual(fixed.metrics.validation);
    expect(live.catalogue).toMatchObject({ capacity: 449, live: 449, candidates: 0, waiting: 0, mostRows: 449, deltaBytes: 0 });
  }, 60_000);

  it("is the same at any number of workers", async () => {
    const timed = { ...scenario, rounds: 3, catalogue: { minCount: 5, span: 1, departure: "last-rating", capacity: 400 } };
    expect(figuresOf(await simulate(timed, { workers: 2 }))).toEqual(figuresOf(await simulate(timed, { workers: 1 })));
  }, 60_000);

  it("lets items in by the data's time and never holds more of them than rows", async () => {
    const { rounds, catalogue, metrics } = await simulate({ ...scenario, catalogue: { capacity: 300, minCount: 5, expireAfterRounds: 2 } });
    const course = rounds.map((round) => round.catalogue!);
    for (const { live, candidates } of course) expect(live + candidates).toBeLessThanOrEqual(300);
    expect(course[0]!.live).toBeGreaterThan(0);
    expect(catalogue!.waiting).toBeGreaterThan(0);
    expect(metrics.test["hr@10"]).toBeGreaterThan(0);
    // What a device that follows receives is less than the whole at every round.
    for (const { deltaBytes } of course.slice(1)) expect(deltaBytes).toBeLessThan(catalogue!.wholeBytes);
  }, 60_000);

  it("has the same items under masks as in the open: counts arrive exactly", async () => {
    const few = { ...scenario, rounds: 4, participants: 40, catalogue: { minCount: 3, expireAfterRounds: 2, span: 1 } };
    const open = await simulate(few);
    const masked = await simulate({ ...few, protection: { kind: "masks" }, network: { dropout: 0 } });
    expect(masked.rounds.map(({ catalogue }) => catalogue)).toEqual(open.rounds.map(({ catalogue }) => catalogue));
    expect(open.rounds.at(-1)!.catalogue!.live).toBeGreaterThan(0);
    expect(open.rounds.at(-1)!.catalogue!.version).toBeGreaterThan(2);
  }, 120_000);

  it("judges ratings, too: an item without a row gets the mean", async () => {
    const ratings = { ...scenario, rounds: 3, model: { kind: "als", rank: 2 }, split: { kind: "random" } };
    const { metrics } = await simulate({ ...ratings, catalogue: { capacity: 200, minCount: 5 } });
    expect(metrics.test["rmse"]).toBeGreaterThan(0);
    expect(metrics.test["rmse"]).toBeLessThan(2);
  }, 60_000);

  it("is refused where it is not simulated, and for what it does not know", async () => {
    const refuse = (changes: object) => expect(simulate({ ...scenario, ...changes })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    await refuse({ catalogue: {}, network: { transport: "socket" } });
    await refuse({ catalogue: { minCout: 3 } });
    await refuse({ catalogue: {}, evaluation: { candidates: "sampled-99", negatives: "paper-compat" } });
    await refuse({ catalogue: {}, dataset: { name: "food-world-cup" } });
  });
});
