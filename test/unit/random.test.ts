/** Seeded streams are repeatable and independent; the secure generator is not seeded. */
import { describe, expect, it } from "vitest";
import { createRng, drawSeed, secureRng } from "../../shared/random.ts";

const draw = (rng: { float(): number }, count: number): number[] => Array.from({ length: count }, () => rng.float());

describe("createRng", () => {
  it("gives the same stream for the same seed and keys, on every platform", () => {
    expect(draw(createRng(7, "a", 3), 3)).toEqual(draw(createRng(7, "a", 3), 3));
    // Pinned: a change here changes every published figure.
    expect([createRng(1).below(1_000_000), createRng(1, "users", 5).below(1_000_000)]).toMatchInlineSnapshot(`
      [
        722039,
        99082,
      ]
    `);
  });

  it("gives other streams for other seeds, other keys, and keys of another kind or order", () => {
    const streams = [
      createRng(1),
      createRng(2),
      createRng(1, "1"),
      createRng(1, 1),
      createRng(1, "a", "b"),
      createRng(1, "b", "a"),
      createRng(1, "ab"),
    ];
    expect(new Set(streams.map((rng) => draw(rng, 4).join())).size).toBe(streams.length);
  });

  it("forks a stream that does not depend on what was drawn before", () => {
    const rng = createRng(3);
    const before = draw(rng.fork("x"), 3);
    draw(rng, 10);
    expect(draw(rng.fork("x"), 3)).toEqual(before);
    expect(draw(createRng(3, "x"), 3)).toEqual(before);
  });

  it("draws below a bound without bias that a chi-square test would see", () => {
    const rng = createRng(11);
    const bins = new Array<number>(7).fill(0);
    const draws = 70_000;
    for (let i = 0; i < draws; i++) bins[rng.below(7)]! += 1;
    const chi = bins.reduce((total, seen) => total + (seen - draws / 7) ** 2 / (draws / 7), 0);
    expect(chi).toBeLessThan(22.5); // 6 degrees of freedom, p = 0.001
  });

  it("draws normals with mean 0, deviation 1 and the right tails", () => {
    const rng = createRng(5);
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    let beyondTwo = 0;
    for (let i = 0; i < n; i++) {
      const x = rng.normal();
      sum += x;
      squares += x * x;
      if (Math.abs(x) > 2) beyondTwo += 1;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.013);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.02);
    expect(Math.abs(beyondTwo / n - 0.0455)).toBeLessThan(0.003);
  });

  it("refuses a seed that is not a whole number from 0", () => {
    expect(() => createRng(-1)).toThrow(RangeError);
    expect(() => createRng(0.5)).toThrow(RangeError);
  });
});

describe("secureRng", () => {
  it("fills any length, also beyond what one call to the platform gives", () => {
    const bytes = secureRng.bytes(200_000);
    expect(bytes).toHaveLength(200_000);
    expect(new Set(bytes.subarray(199_000)).size).toBeGreaterThan(200);
  });

  it("draws seeds that a seeded generator takes", () => {
    const seed = drawSeed(secureRng);
    expect(() => createRng(seed)).not.toThrow();
    expect(drawSeed(secureRng)).not.toBe(seed);
  });
});
