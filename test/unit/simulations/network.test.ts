/** The simulated network and population: draws that depend on seed, round and person alone. */
import { describe, expect, it } from "vitest";
import { drawAnswering } from "../../../simulations/network.ts";
import { drawCohort, drawParticipants } from "../../../simulations/population.ts";
import type { NetworkOptions } from "../../../simulations/scenario.ts";
import { toBlocks } from "../../../simulations/shards.ts";

const quiet: NetworkOptions = { transport: "memory", dropout: 0, latencyMs: 0, loss: 0, deadlineMs: 60_000 };
const only = (round: number) => ({ round, stage: 0, stages: 1 });
const everyone = (count: number): number[] => Array.from({ length: count }, (_, user) => user);

describe("drawAnswering", () => {
  it("loses nobody and takes no time on a perfect network", () => {
    expect(drawAnswering(quiet, 1, only(1), everyone(50))).toEqual({ answering: everyone(50), lost: [], elapsedMs: 0 });
  });

  it("gives a person the same fate whoever else is in the cohort", () => {
    const network = { ...quiet, dropout: 0.3, latencyMs: 20_000, loss: 0.2 };
    const all = drawAnswering(network, 5, only(3), everyone(400));
    const some = drawAnswering(
      network,
      5,
      only(3),
      everyone(400).filter((user) => user % 7 === 0),
    );
    expect(some.answering).toEqual(all.answering.filter((user) => user % 7 === 0));
    expect(drawAnswering(network, 5, only(4), everyone(400)).lost).not.toEqual(all.lost);
    expect(drawAnswering(network, 6, only(3), everyone(400)).lost).not.toEqual(all.lost);
  });

  it("drops the stated share", () => {
    const { lost } = drawAnswering({ ...quiet, dropout: 0.2 }, 1, only(1), everyone(20_000));
    // Five standard deviations of a binomial draw: 0.2 +- 0.0142.
    expect(Math.abs(lost.length / 20_000 - 0.2)).toBeLessThan(0.0142);
  });

  it("drops a device at one stage of a round, the stated share in all, each stage alike", () => {
    const network = { ...quiet, dropout: 0.3 };
    let asked = everyone(20_000);
    for (let stage = 0; stage < 5; stage++) {
      const { answering, lost } = drawAnswering(network, 1, { round: 1, stage, stages: 5 }, asked);
      expect(Math.abs(lost.length / 20_000 - 0.06)).toBeLessThan(0.0084);
      asked = [...answering];
    }
    expect(asked).toEqual(drawAnswering(network, 1, only(1), everyone(20_000)).answering);
  });

  it("counts whoever is later than the deadline as lost", () => {
    // An exponential answering time with mean = deadline is late with probability 1 / e.
    const { lost, elapsedMs } = drawAnswering({ ...quiet, latencyMs: 1_000, deadlineMs: 1_000 }, 1, only(1), everyone(20_000));
    expect(Math.abs(lost.length / 20_000 - Math.exp(-1))).toBeLessThan(0.0171);
    expect(elapsedMs).toBe(1_000);
  });

  it("waits for the last answer when nobody is lost", () => {
    const { lost, elapsedMs } = drawAnswering({ ...quiet, latencyMs: 100 }, 1, only(1), everyone(100));
    expect(lost).toEqual([]);
    expect(elapsedMs).toBeGreaterThan(100);
    expect(elapsedMs).toBeLessThan(60_000);
  });

  it("sends lost messages again, which costs time", () => {
    const lossy = { ...quiet, loss: 0.5 };
    expect(drawAnswering(lossy, 1, only(1), everyone(200)).elapsedMs).toBeGreaterThanOrEqual(1_000);
    // In time without a resend: both messages arrive at once, 0.5 x 0.5.
    const { answering } = drawAnswering({ ...lossy, deadlineMs: 999 }, 1, only(1), everyone(20_000));
    expect(Math.abs(answering.length / 20_000 - 0.25)).toBeLessThan(0.0154);
  });

  it("loses nobody less when the network gets worse", () => {
    const lost = (change: Partial<NetworkOptions>): Set<number> =>
      new Set(drawAnswering({ ...quiet, dropout: 0.1, latencyMs: 30_000, loss: 0.1, ...change }, 2, only(1), everyone(500)).lost);
    const base = lost({});
    for (const worse of [lost({ dropout: 0.3 }), lost({ latencyMs: 50_000 }), lost({ loss: 0.95 }), lost({ deadlineMs: 20_000 })]) {
      expect([...base].every((user) => worse.has(user))).toBe(true);
      expect(worse.size).toBeGreaterThan(base.size);
    }
  });
});

describe("drawCohort and drawParticipants", () => {
  it("draw the stated number of different people, ascending", () => {
    const participants = drawParticipants(1_000, 300, 4);
    const cohort = drawCohort(participants, 100, 4, 2);
    for (const [drawn, size] of [
      [participants, 300],
      [cohort, 100],
    ] as const) {
      expect(new Set(drawn).size).toBe(size);
      expect([...drawn]).toEqual([...drawn].sort((a, b) => a - b));
    }
    expect([...cohort].every((user) => participants.includes(user))).toBe(true);
    expect(drawCohort(participants, 100, 4, 3)).not.toEqual(cohort);
    expect(drawCohort(participants, 300, 4, 3)).toBe(participants);
  });

  it("invite everybody alike over many rounds", () => {
    const participants = drawParticipants(40, undefined, 1);
    const invited = new Array<number>(40).fill(0);
    for (let round = 1; round <= 4_000; round++) for (const user of drawCohort(participants, 10, 1, round)) invited[user]! += 1;
    // 1,000 expected, standard deviation 27.4: five of them.
    for (const count of invited) expect(Math.abs(count - 1_000)).toBeLessThan(137);
  });
});

describe("toBlocks", () => {
  it("cuts a cohort into blocks of neighbors, in order, losing nobody", () => {
    const users = Int32Array.from([0, 63, 64, 500, 501, 942]);
    const blocks = toBlocks(users, 943);
    expect(blocks.flatMap(({ users: members }) => [...members])).toEqual([...users]);
    expect(blocks.map(({ block }) => block)).toEqual([0, 1, 7, 14]);
  });

  it("has at most 64 blocks, so that a sum's memory does not grow with the population", () => {
    expect(
      toBlocks(
        Int32Array.from({ length: 5_000 }, (_, at) => at * 200),
        1_000_000,
      ),
    ).toHaveLength(64);
  });
});
