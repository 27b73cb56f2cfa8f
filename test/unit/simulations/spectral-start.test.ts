import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { ratingsOf } from "../../../shared/math/ratings.ts";
import { loadDataset } from "../../../simulations/datasets/index.ts";
import { simulate } from "../../../simulations/simulate.ts";
import { spectralStart } from "../../../simulations/spectral-start.ts";

const start = { kind: "spectral", scale: 1, agents: 12, rounds: 12, mixing: 24 } as const;
const model = { kind: "als", rank: 3, start };
const scenario = { dataset: { name: "food-world-cup" }, split: { kind: "random" }, participants: 300, baselines: [], seed: 1 };

describe("a spectral start", () => {
  it("finds the leading eigenvectors of everyone's R'R, none of whom shows a row, as another program does", async () => {
    const { matrix, ratingRange } = await loadDataset({ name: "food-world-cup" });
    const people = Int32Array.from({ length: 200 }, (_, user) => user);
    const { count, values } = (await spectralStart({ model, seed: 1 }, matrix, people, ratingRange))!;
    expect([count, values.length]).toEqual([7, 7 * matrix.items]);
    const mean = matrix.values.reduce((sum, value) => sum + value, 0) / matrix.values.length;
    const gram = Matrix.zeros(matrix.items, matrix.items);
    for (const user of people) {
      const { items, values: given } = ratingsOf(matrix, user);
      for (const [a, item] of items.entries()) {
        for (const [b, other] of items.entries()) {
          gram.set(item, other, gram.get(item, other) + (given[a]! - mean) * (given[b]! - mean));
        }
      }
    }
    const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
    const order = [...realEigenvalues.keys()].sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
    for (let f = 0; f < 3; f++) {
      // Column f is the eigenvector times the fourth root of its eigenvalue.
      let inner = 0;
      let squares = 0;
      for (let item = 0; item < matrix.items; item++) {
        inner += values[item * count + f]! * eigenvectorMatrix.get(item, order[f]!);
        squares += values[item * count + f]! ** 2;
      }
      expect(squares).toBeCloseTo(Math.sqrt(realEigenvalues[order[f]!]!), 1);
      expect(Math.abs(inner) / Math.sqrt(squares)).toBeGreaterThan(0.999);
    }
  });

  it("is nearer to a trained model than a random one at equal rounds, on validation", async () => {
    const rmseBy = async (kind: "random" | "spectral"): Promise<number> => {
      const { rounds } = await simulate({
        ...scenario,
        model: { kind: "als", rank: 3, start: { kind } },
        rounds: 1,
        evaluation: { every: 1 },
      });
      return rounds[0]!.metrics!["rmse"]!;
    };
    expect(await rmseBy("spectral")).toBeLessThan(await rmseBy("random"));
  });

  it("gives the same at any number of workers, and is not offered beside a promise or people who leave", async () => {
    const one = await simulate({ ...scenario, model, rounds: 1 });
    const two = await simulate({ ...scenario, model, rounds: 1 }, { workers: 2 });
    expect(two.metrics).toEqual(one.metrics);
    await expect(simulate({ ...scenario, model, rounds: 1, privacy: { epsilon: 50, delta: 1e-5 } })).rejects.toThrow(
      /neither a promise of privacy/,
    );
    await expect(simulate({ ...scenario, model, rounds: 4, unlearning: {} })).rejects.toThrow(/nor people who leave/);
  });
});
