/** The suite that every attack passes. Imports vitest and the seam. */
import { describe, expect, it } from "vitest";
import { createRng } from "../../shared/random.ts";
import type { Attack, AttackRecord, Cells, Goal, Teaching } from "../../simulations/attacks/attack.ts";
import { tryAttack } from "../../simulations/attacks/measure.ts";
import { recordRounds } from "../../simulations/attacks/record.ts";
import { attackedPeople, teach } from "../../simulations/attacks/teach.ts";
import { prepareScenario } from "../../simulations/prepare.ts";
import { parseScenario } from "../../simulations/scenario.ts";

/** A recorded run with whom to attack. */
export interface Stage {
  readonly goal: Goal;
  readonly record: AttackRecord;
  readonly attacked: readonly Cells[];
  readonly teaching: Teaching;
}

async function stage(goal: Goal, scenario: object): Promise<Stage> {
  const parsed = parseScenario({ protection: { kind: "open" }, cohort: { size: 10, min: 5 }, rounds: 6, participants: 120, ...scenario });
  const prepared = await prepareScenario(parsed);
  const record = await recordRounds(prepared);
  const attacked = attackedPeople(prepared, record, goal, 25);
  return { goal, record, attacked, teaching: await teach(prepared, record, goal, attacked) };
}

/** Made once, for all attacks. */
export function createStages(): Record<Goal, Promise<Stage>> {
  return {
    items: stage("items", { model: { kind: "fcf", rank: 4, unratedWeight: 1, l2: 0.003 } }),
    ratings: stage("ratings", { split: { kind: "random" }, model: { kind: "fed-mf", rank: 4 } }),
  };
}

/** Runs the suite. @param sees whether the attacker sees anything of the run; whoever does not must guess */
export function describeAttack(attack: Attack, staged: Record<Goal, Promise<Stage>>, sees: boolean): void {
  describe(`attack ${attack.kind}`, () => {
    it("says what it does and where it comes from", () => {
      expect(attack.summary).toMatch(/\.$/);
      expect(attack.source).toMatch(/^none$|https:/);
    });

    it.each(["items", "ratings"] as const)("tells %s where contributions are in clear, the same each time", async (goal) => {
      const { record, attacked, teaching } = await staged[goal];
      const figure = await tryAttack(attack, record, goal, attacked, teaching);
      if (sees) expect(figure.low).toBeGreaterThan(0.5);
      // Pairs are alike in what everybody knows, but for small differences.
      else expect(Math.abs(figure.auc - 0.5)).toBeLessThan(0.06);
      expect(figure.people).toBe(Math.min(attacked.length, attack.mostPeople ?? attacked.length));
      expect(await tryAttack(attack, record, goal, attacked, teaching)).toEqual(figure);
    });

    it("guesses where it sees random bytes and random sums", async () => {
      const { record, attacked, teaching } = await staged.items;
      const aucs: number[] = [];
      const trials = 3;
      for (let trial = 0; trial < trials; trial++) {
        const shadow = { ...teaching.shadow, record: noise(teaching.shadow.record, 2 * trial + 1) };
        aucs.push((await tryAttack(attack, noise(record, 2 * trial), "items", attacked, { ...teaching, shadow })).auc);
      }
      // Of 25 people with some 20 items each an AUC has a standard deviation of .025 or so, of 8 people .05: four times that, over the root of three.
      const mean = aucs.reduce((sum, auc) => sum + auc, 0) / trials;
      expect(Math.abs(mean - 0.5)).toBeLessThan(attack.mostPeople === undefined ? 0.06 : 0.11);
    });
  });
}

/** The record with nothing in it of what anybody contributed. */
function noise(record: AttackRecord, seed: number): AttackRecord {
  const rng = createRng(seed, "noise in a record");
  const normals = (values: Float64Array): Float64Array => values.map(() => rng.normal());
  const bytes = (values: Uint8Array): Uint8Array => values.map(() => rng.below(256));
  const rounds = record.rounds.map((seen) => ({
    ...seen,
    before: normals(seen.before),
    after: normals(seen.after),
    sum: normals(seen.sum),
    answers: new Map([...seen.answers].map(([person, sent]) => [person, sent.map(bytes)])),
  }));
  const evidence = async () => {
    const { before, sum } = rounds.at(-1)!;
    return { values: normals(sum), spec: record.run.model.parameters.contribution, published: before };
  };
  return { ...record, rounds, fill: evidence, imitate: evidence };
}
