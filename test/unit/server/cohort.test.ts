/** Who is drawn into a cohort. */
import { describe, expect, it } from "vitest";
import { chooseCohort, drawCohort, needsOf, tossCoins } from "../../../server/cohort.ts";
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

describe("tossCoins", () => {
  it("asks each candidate by a coin of its own: counts are binomial, and no pair hangs together", () => {
    const secure = seeded(11);
    const draws = 20_000;
    const counts = new Map<string, number>();
    let both = 0;
    for (let i = 0; i < draws; i++) {
      const drawn = new Set(tossCoins(people, 0.3, secure));
      for (const one of drawn) counts.set(one, (counts.get(one) ?? 0) + 1);
      if (drawn.has("a") && drawn.has("b")) both += 1;
    }
    // Five standard deviations.
    for (const one of people) expect(Math.abs(counts.get(one)! / draws - 0.3)).toBeLessThan(0.017);
    expect(Math.abs(both / draws - 0.09)).toBeLessThan(0.0102);
  });

  it("uses 53 bits of the random words: the least and the greatest fall on the right side", () => {
    const saying = (byte: number): SecureRng => ({ kind: "secure", bytes: (length) => new Uint8Array(length).fill(byte) });
    expect(tossCoins(["a"], 1, saying(0xff))).toEqual(["a"]);
    expect(tossCoins(["a"], 1 - 2 ** -53, saying(0xff))).toEqual([]);
    expect(tossCoins(["a"], Number.MIN_VALUE, saying(0))).toEqual(["a"]);
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

  it("tosses once under sampling: neither cut to size nor filled up", async () => {
    const run = await privateRun({ sampling: { kind: "poisson", rate: 0.5, population: 5 } }, { cohort: limits });
    const secure = seeded(3);
    let asked = 0;
    for (let i = 0; i < 200; i++) {
      let tosses = 0;
      const bytes = (length: number): Uint8Array => {
        tosses += 1;
        return secure.bytes(length);
      };
      const { cohort, problem } = chooseCohort(run, people, { kind: "secure", bytes });
      expect(tosses).toBe(people.length);
      if (problem === undefined) {
        asked += 1;
        expect(cohort.length === 2 || cohort.length === 3).toBe(true);
      } else {
        expect(cohort).toEqual([]);
        expect(problem).toMatch(/^expected coins for 2 to 3 devices, got [0145]$/);
      }
    }
    // 20 of 32 outcomes; five standard deviations.
    expect(Math.abs(asked / 200 - 0.625)).toBeLessThan(0.172);
  });

  it("waits for as many as make a round likely", async () => {
    expect(needsOf(await privateRun({}, { cohort: limits }))).toEqual({ full: 3, least: 2 });
    const sampling = { kind: "poisson", rate: 0.25, population: 40 } as const;
    expect(needsOf(await privateRun({ sampling }, { cohort: { size: 30, min: 4 } }))).toEqual({ full: 40, least: 16 });
    expect(needsOf(await privateRun({ sampling: { ...sampling, population: 9 } }, { cohort: { size: 9, min: 4 } })).least).toBe(9);
  });
});
