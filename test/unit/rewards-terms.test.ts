import { describe, expect, it } from "vitest";
import { defineRun } from "../../shared/define-run.ts";
import { type RewardedRound, rewardsOf } from "../../shared/rewards/terms.ts";

const quality = (modelRound: number, figure: number): RewardedRound["quality"] => ({
  modelRound,
  metrics: { "hr@10": figure, rmse: figure },
});
const even = { metric: "hr@10", division: { kind: "even" } };

describe("rewards from figures and memberships", () => {
  it("share out what judged models gained over the rounds between them, later rounds not yet", () => {
    const rounds: RewardedRound[] = [
      { round: 1, contributors: ["a", "b"], quality: quality(0, 0.1) },
      { round: 2, contributors: ["a", "c"] },
      { round: 4, contributors: ["b", "c"], quality: quality(2, 0.3) },
      { round: 5, contributors: ["a", "d"], quality: quality(4, 0.2) },
    ];
    const found = rewardsOf(even, rounds);
    expect(found.map(({ client, rounds: count }) => [client, count])).toEqual([
      ["a", 2],
      ["b", 2],
      ["c", 2],
      ["d", 0],
    ]);
    // Rounds 1 and 2 gained .1 each, round 4 lost .1; two devices in each.
    for (const [at, value] of [0.1, 0, 0, 0].entries()) expect(found[at]!.value).toBeCloseTo(value, 12);
    expect(found.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(0.2 - 0.1, 12);
  });

  it("count less error as more", () => {
    const rounds: RewardedRound[] = [
      { round: 1, contributors: ["a"], quality: quality(0, 1.2) },
      { round: 2, contributors: ["a"], quality: quality(1, 0.9) },
    ];
    expect(rewardsOf({ ...even, metric: "rmse" }, rounds)[0]!.value).toBeCloseTo(0.3, 12);
  });

  it("are empty where nobody judged, or nobody took part", () => {
    expect(rewardsOf(even, [])).toEqual([]);
    expect(rewardsOf(even, [{ round: 1, contributors: ["a"] }])).toEqual([{ client: "a", value: 0, rounds: 0 }]);
  });
});

describe("the section rewards of terms", () => {
  const terms = { id: "rewarded-1", items: 9, protection: { kind: "open" } };

  it("takes its metric from what devices judge, and divides evenly", () => {
    expect(defineRun({ ...terms, evaluation: { metrics: ["ndcg@5", "hr@5"] }, rewards: {} }).terms.rewards).toEqual({
      metric: "ndcg@5",
      division: { kind: "even" },
    });
    expect(defineRun(terms).terms).not.toHaveProperty("rewards");
  });

  it("is refused without figures, for another figure, for an unknown division, and beside differences", () => {
    expect(() => defineRun({ ...terms, rewards: {} })).toThrow(/"terms.rewards" expected devices that judge the model/);
    const judged = { ...terms, evaluation: { metrics: ["hr@5"] } };
    expect(() => defineRun({ ...judged, rewards: { metric: "hr@10" } })).toThrow(/expected one of terms.evaluation.metrics \(hr@5\)/);
    expect(() => defineRun({ ...judged, rewards: { division: { kind: "fited" } } })).toThrow(/did you mean "fitted"/);
    expect(() => defineRun({ ...judged, rewards: { metrics: "hr@5" } })).toThrow(/did you mean "metric"/);
    expect(() => defineRun({ ...judged, model: { kind: "implicit-als" }, temporal: {}, rewards: {} })).toThrow(/no temporal section/);
  });
});
