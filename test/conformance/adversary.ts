/** The suite that every adversary passes. Imports vitest, the seam and the ways to run it. */
import { describe, expect, it } from "vitest";
import type { UserRatings } from "../../shared/math/ratings.ts";
import { createRng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Adversary, AdversaryDefinition, AdversarySetting } from "../../simulations/adversaries/adversary.ts";
import { adversaries } from "../../simulations/adversaries/index.ts";
import { itemFactsOf } from "../../simulations/adversaries/item-facts.ts";
import type { Result } from "../../simulations/result.ts";
import { simulate } from "../../simulations/simulate.ts";
import { drawRatings } from "../support/ratings.ts";

const items = 40;

const training = drawRatings({ users: 60, items, perUser: 8, feedback: "explicit", seed: 4 });

/** What adversaries are made for here. */
export function settingOf(objective: "rating" | "ranking"): AdversarySetting {
  return {
    items,
    objective,
    ratingRange: [1, 5],
    cohort: 50,
    participants: 100,
    devices: 20,
    rng: createRng(5, "own"),
    common: createRng(5, "common"),
    facts: () => itemFactsOf(training),
  };
}

/** An adversary with its default options, or others. */
export function createAdversary(section: { readonly kind: string }, objective: "rating" | "ranking" = "rating"): Adversary {
  const { definition, options } = resolveSection(adversaries, section, "adversaries.0");
  return definition.create(options, settingOf(objective));
}

const own: UserRatings = { items: Int32Array.of(2, 5, 11, 30), values: Float64Array.of(4, 1, 5, 3) };
const vector = Float64Array.from({ length: 24 }, (_, i) => Math.sin(i) * (1 + i));
const crowd = { count: 7, mean: vector.map((value) => value / 2), stddev: vector.map(Math.abs) };
const rng = () => createRng(11, "turn");

/** A run of a second on bundled data, some of whose devices play the part. */
export function attacked(section: object, changes: object = {}, workers = 1): Promise<Result> {
  return simulate(
    {
      dataset: { name: "food-world-cup" },
      split: { kind: "random" },
      model: { kind: "fed-mf", rank: 2 },
      participants: 200,
      rounds: 3,
      cohort: { size: 40 },
      baselines: ["popularity"],
      adversaries: [section],
      seed: 3,
      ...changes,
    },
    { workers },
  );
}

/** What a result says, without times. */
export function factsOf({ timing: _timing, memory: _memory, version: _version, ...facts }: Result): object {
  return facts;
}

/** Runs the suite. */
export function describeAdversary({ kind, summary, source }: AdversaryDefinition): void {
  describe(`adversary ${kind}`, () => {
    it("says what it does and where it is from", () => {
      expect(summary.length).toBeGreaterThan(20);
      expect(kind === "control" || /https:/.test(source)).toBe(true);
    });

    it.each(["rating", "ranking"] as const)("leaves ratings of the person's own alone, and makes proper ones: %s", (objective) => {
      const adversary = createAdversary({ kind }, objective);
      const values = objective === "ranking" ? own.values.map(() => 1) : own.values;
      const before = { items: own.items.slice(), values: values.slice() };
      for (const hook of [(rated: UserRatings) => adversary.ratings?.(rated, rng()), (rated: UserRatings) => adversary.plant?.(rated)]) {
        const made = hook({ items: own.items, values });
        expect({ items: own.items, values }).toEqual(before);
        if (made === undefined) continue;
        expect(made).toEqual(hook({ items: own.items, values }));
        expect(made.values).toHaveLength(made.items.length);
        expect([...made.items]).toEqual([...new Set(made.items)].sort((a, b) => a - b));
        expect(made.items.every((item) => item >= 0 && item < items)).toBe(true);
        expect(made.values.every((value) => (objective === "ranking" ? value === 1 : value >= 1 && value <= 5))).toBe(true);
      }
      for (const target of adversary.targets ?? []) expect(target).toBeLessThan(items);
    });

    it("makes the same of the same vector and stream, finite, with and without anybody to watch", () => {
      const adversary = createAdversary({ kind });
      for (const turn of [{ crowd }, {}, { crowd, last: vector.map((value) => -value) }]) {
        const made = [0, 1].map(() => {
          const values = vector.slice();
          adversary.vector?.(values, { round: 2, rng: rng(), ...turn });
          return values;
        });
        expect(made[0]).toEqual(made[1]);
        expect(made[0]!.every(Number.isFinite)).toBe(true);
      }
      expect(crowd.mean[3]).toBe(vector[3]! / 2);
    });

    it("sends bytes of the same length, and writes to none that it is given", () => {
      const adversary = createAdversary({ kind });
      const sealed = Uint8Array.from({ length: 64 }, (_, i) => i);
      for (const last of [undefined, sealed.map((byte) => 255 - byte)]) {
        const before = last?.slice();
        const answer = adversary.answer?.(sealed, { round: 2, rng: rng(), last }) ?? sealed;
        expect(answer).toHaveLength(64);
        expect(answer).toEqual(adversary.answer?.(sealed, { round: 2, rng: rng(), last }) ?? sealed);
        expect(last).toEqual(before);
        expect(sealed[63]).toBe(63);
      }
      expect(adversary.delayMs?.({ round: 1, rng: rng() }) ?? 0).toBeGreaterThanOrEqual(0);
    });

    it("is counted, and changes no result by the number of workers", async () => {
      // A rule that bounds what is sent: damaged numbers may be too large for a sum.
      const singles = { cohort: { size: 40, groups: 40 }, aggregation: { kind: "similarity" } };
      const section = { kind, fraction: 0.1 };
      const [one, two] = [await attacked(section, singles), await attacked(section, singles, 3)];
      expect(factsOf(two)).toEqual(factsOf(one));
      const [part] = one.adversaries!;
      expect(part).toMatchObject({ kind, count: 20, share: 0.1, source });
      const refused = Object.values(part!.refused).reduce((sum, count) => sum + count, 0);
      expect(part!.asked).toBeGreaterThan(0);
      expect(part!.accepted + part!.dropped + refused).toBe(part!.asked);
      expect(one.metrics.test["rmse"]).toBeGreaterThan(0.3);
    });
  });
}
