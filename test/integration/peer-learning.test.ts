/** Eigenpairs without a center against ml-matrix, over links that lose a fifth; groups found by those who learn together. */
import { describe, expect, it } from "vitest";
import { adjustedRandIndex } from "../../simulations/peers/rand-index.ts";
import { parsePeerScenario, runPeerScenario } from "../../simulations/peers/scenario.ts";

const run = async (input: object): Promise<Record<string, unknown>> => (await runPeerScenario(parsePeerScenario(input))).figures;

describe("decentralised eigenpairs", () => {
  it("of wine ratings are ml-matrix's under delay and 20 % loss, and start item factors at the best", async () => {
    const task = { kind: "spectral", count: 4, spare: 4, rounds: 25, mixing: 20 };
    const figures = await run({ links: { latencyMs: 20, jitterMs: 40, loss: 0.2 }, task });
    expect(figures["order"]).toBe(449);
    expect(figures["largestRelativeEigenvalueError"]).toBeLessThan(1e-5);
    expect(figures["sineOfLargestAngle"]).toBeLessThan(0.05);
    expect(figures["spectralStartOverBest"]).toBeLessThan(1.0001);
    expect(figures["randomStartOverBest"]).toBeGreaterThan(1.1);
  });

  it("tell a ring's own connectivity: its smallest eigenvalues are known in closed form", async () => {
    const task = { kind: "spectral", of: "graph", side: "smallest", count: 3, spare: 4, rounds: 120, mixing: 60 };
    const figures = await run({ agents: 8, topology: { kind: "ring" }, links: { loss: 0.2 }, task });
    const values = figures["eigenvalues"] as number[];
    // 2 - 2 cos(2 pi j / 8): 0, then twice 0.5858.
    for (const [at, expected] of [0, 2 - Math.SQRT2, 2 - Math.SQRT2].entries()) expect(values[at]).toBeCloseTo(expected, 3);
  });
});

describe("structured cooperation", () => {
  const world = { agents: 18, topology: { kind: "given" }, seed: 2 };
  const learn = (kind: string) => run({ ...world, task: { kind: "cooperation", prior: { kind } } });

  it.each(["blocks", "attention"])("finds the planted groups with the prior %s, and learns better than alone", async (kind) => {
    const figures = await learn(kind);
    expect(figures["adjustedRandIndex"]).toBeGreaterThan(0.8);
    expect(figures["excessError"]).toBeLessThan(0.5 * (figures["excessErrorAlone"] as number));
  });

  it("with everybody alike finds no groups, and mixes them up", async () => {
    const figures = await learn("dirac");
    expect(figures["adjustedRandIndex"]).toBeLessThan(0.2);
    expect(figures["excessError"]).toBeGreaterThan(figures["excessErrorAlone"] as number);
  });
});

describe("the adjusted Rand index", () => {
  it("is that of the published example, 1 for equal groupings and 0 for one heap", () => {
    // Worked by hand: 6 things, tables (2, 1 / 0, 3): pairs together 1 + 3 = 4, rows 6, columns 1 + 6 = 7, expected 42 / 15.
    expect(adjustedRandIndex([0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1])).toBeCloseTo((4 - 2.8) / (6.5 - 2.8), 12);
    expect(adjustedRandIndex([0, 1, 1, 2], [5, 3, 3, 9])).toBe(1);
    expect(adjustedRandIndex([0, 0, 1, 1], [0, 0, 0, 0])).toBe(0);
  });
});
