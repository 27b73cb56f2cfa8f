/** Who is drawn into a cohort. */
import { describe, expect, it } from "vitest";
import { chooseCohort, drawCohort } from "../../../server/cohort.ts";
import { createRng, type SecureRng, secureRng } from "../../../shared/random.ts";
import { privateRun } from "../../support/private-terms.ts";

const people = ["a", "b", "c", "d", "e"];

/** A repeatable stand-in, so that counts are the same in every run. */
function seeded(seed: number): SecureRng {
  const rng = createRng(seed);
  return { kind: "secure", bytes: (length) => Uint8Array.from({ length }, () => rng.below(256)) };
}

describe("drawCohort", () => {
  it("draws the asked number, each at most once, and leaves the candidates as they are", () => {
    const candidates = [...people];
    for (let size = 0; size <= 5; size++) {
      const cohort = drawCohort(candidates, size, secureRng);
      expect(new Set(cohort).size).toBe(size);
      expect(cohort.every((one) => people.includes(one))).toBe(true);
    }
    expect(candidates).toEqual(people);
  });

  it("draws everybody when there are no more than asked for", () => {
    expect(drawCohort(people, 9, secureRng).toSorted()).toEqual(people);
    expect(drawCohort([], 3, secureRng)).toEqual([]);
  });

  it("draws every pair of five equally often", () => {
    const counts = new Map<string, number>();
    const secure = seeded(5);
    const draws = 10_000;
    for (let i = 0; i < draws; i++) {
      const pair = drawCohort(people, 2, secure).toSorted().join("");
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    let chiSquared = 0;
    for (const count of counts.values()) chiSquared += (count - draws / 10) ** 2 / (draws / 10);
    // 9 degrees of freedom: beyond 27.9 once in a thousand seeds.
    expect(chiSquared).toBeLessThan(27.9);
  });

  it("draws again rather than favor anybody when a word lies beyond the last whole multiple", () => {
    const words = [0xffff_ffff, 0, 1];
    const secure: SecureRng = {
      kind: "secure",
      bytes: () => {
        const bytes = new Uint8Array(4);
        new DataView(bytes.buffer).setUint32(0, words.shift()!);
        return bytes;
      },
    };
    expect(drawCohort(["a", "b", "c"], 1, secure)).toEqual(["a"]);
    expect(words).toEqual([1]);
  });
});

describe("chooseCohort", () => {
  const limits = { size: 3, min: 2 };

  it("draws a cohort of those who may take part, and asks nobody when they are too few", async () => {
    const run = await privateRun({}, { cohort: limits });
    expect(chooseCohort(run, people, secureRng).cohort.length).toBe(3);
    expect(chooseCohort(run, ["a", "b"], secureRng).cohort.toSorted()).toEqual(["a", "b"]);
    expect(chooseCohort(run, ["a"], secureRng)).toEqual({
      cohort: [],
      problem: "expected at least 2 devices that may take part, got 1",
    });
  });
});
