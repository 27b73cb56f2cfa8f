/** The graph's numbers, against exact fractions of big integers. */
import { describe, expect, it } from "vitest";
import { leastClosedSet } from "../../../../shared/crypto/masks/closed-sets.ts";
import { logUpperTail, upperTail } from "../../../../shared/crypto/masks/hypergeometric.ts";
import { chooseNeighborhood, type NeighborhoodTerms } from "../../../../shared/crypto/masks/neighborhood.ts";
import { reportNeighborhood } from "../../../../shared/crypto/masks/neighborhood-report.ts";
import { drawNeighbors } from "../../../../shared/crypto/masks/neighbors.ts";
import { secureRng } from "../../../../shared/random.ts";

/** A fraction of big integers. */
type Fraction = readonly [bigint, bigint];

function choose(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let value = 1n;
  for (let i = 1; i <= k; i++) value = (value * BigInt(n - k + i)) / BigInt(i);
  return value;
}

function exactTail(total: number, marked: number, draws: number, least: number): Fraction {
  let sum = 0n;
  for (let x = Math.max(0, least); x <= draws; x++) sum += choose(marked, x) * choose(total - marked, draws - x);
  return [sum, choose(total, draws)];
}

const toNumber = ([top, bottom]: Fraction): number => Number((top * 10n ** 60n) / bottom) / 1e60;

function isAtMost(factor: number, [top, bottom]: Fraction, power: bigint): boolean {
  return BigInt(factor) * top * 2n ** power <= bottom;
}

/** The same rules, by search through everything. */
function slowChoice({ devices: n, corruption, dropout }: NeighborhoodTerms): readonly [number, number] | undefined {
  const [corrupted, vanishing] = [Math.floor(corruption * n), Math.floor(dropout * n)];
  for (let k = 1; k < n; k++) {
    for (let t = 1; t <= k; t++) {
      if (!isAtMost(n, exactTail(n - 1, corrupted, k, 2 * t - k), 40n)) continue;
      if (!isAtMost(n, exactTail(n - 1, vanishing, k, k - t + 1), 20n)) continue;
      if (2 * slowClosedSet(n, k, t, corrupted) > n - corrupted) return [k, t];
    }
  }
  return undefined;
}

function slowClosedSet(n: number, k: number, t: number, corrupted: number): number {
  const honest = n - corrupted;
  let [top, bottom] = [0n, 1n];
  for (let size = 1; size < honest; size++) {
    const [a, b] = exactTail(n - 1, size - 1 + corrupted, k, t);
    [top, bottom] = [top * b ** BigInt(size) + choose(honest, size) * a ** BigInt(size) * bottom, bottom * b ** BigInt(size)];
    if (top * 2n ** 40n > bottom) return size;
  }
  return honest;
}

describe("upperTail", () => {
  it("is the exact tail within 1e-9, also far out and at the edges", () => {
    for (const [total, marked, draws] of [
      [20, 5, 7],
      [99, 33, 60],
      [999, 50, 74],
      [999, 333, 217],
      [40, 39, 38],
    ] as const) {
      // biome-ignore format: one line shows it
      for (let least = 0; least <= draws + 1; least += 1 + Math.floor(draws / 40)) {
        const exact = toNumber(exactTail(total, marked, draws, least));
        const fast = upperTail(total, marked, draws, least);
        if (exact > 1e-50) expect(Math.abs(fast / exact - 1)).toBeLessThan(1e-9);
        else expect(fast).toBeLessThan(1e-48);
        if (exact > 1e-50) expect(logUpperTail(total, marked, draws, least)).toBeCloseTo(Math.log2(exact), 6);
      }
    }
    expect([upperTail(10, 3, 4, 0), upperTail(10, 3, 4, 4), upperTail(10, 0, 4, 1), upperTail(10, 10, 4, 4)]).toEqual([1, 0, 0, 1]);
  });
});

describe("leastClosedSet", () => {
  it("is that of exact fractions", () => {
    for (const [n, k, t, c] of [
      [20, 6, 5, 2],
      [30, 12, 9, 1],
      [40, 20, 13, 4],
      [25, 24, 15, 4],
      [12, 3, 2, 0],
    ] as const) {
      // biome-ignore format: one line shows it
      expect(leastClosedSet(n, k, t, c, 2 ** -40)).toBe(slowClosedSet(n, k, t, c));
    }
  });

  it("is more than half of the honest devices in the full graph, exactly", () => {
    expect(leastClosedSet(101, 100, 56, 10, 2 ** -40)).toBe(56 - 10 + 1);
  });
});

describe("chooseNeighborhood", () => {
  it("is the smallest k and t that exact fractions allow", () => {
    for (const devices of [2, 3, 7, 16, 25, 40]) {
      for (const [corruption, dropout] of [
        [0, 0],
        [0.1, 0.1],
        [0.25, 0.125],
        [0, 0.3],
        [0.4, 0.4],
      ] as const) {
        // biome-ignore format: one line shows it
        const terms = { devices, corruption, dropout };
        const expected = slowChoice(terms);
        if (expected === undefined) {
          expect(() => chooseNeighborhood(terms)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
        } else {
          const { neighbors, threshold } = chooseNeighborhood(terms);
          expect([devices, corruption, dropout, neighbors, threshold]).toEqual([devices, corruption, dropout, ...expected]);
        }
      }
    }
  });

  it.each([
    [100, 0.1, 0.1, 31, 21],
    [1_000, 0.05, 0.1, 74, 49],
    [1_000, 1 / 3, 0.1, 217, 170],
    [10_000, 0.1, 0.1, 121, 84],
    [100, 0.3, 0.34, 99, 65],
  ])(
    "for %i devices, corruption %f, dropout %f is %i neighbors, threshold %i, and its bounds hold",
    (devices, corruption, dropout, k, t) => {
      const terms = { devices, corruption, dropout };
      const graph = chooseNeighborhood(terms);
      expect(graph).toEqual({ devices, neighbors: k, threshold: t });
      const report = reportNeighborhood(terms, graph);
      expect(report.securityBits).toBeGreaterThanOrEqual(40);
      expect(report.recoveryBits).toBeGreaterThanOrEqual(20);
      expect(report.alpha).toBeGreaterThan(0.5);
      expect(report.masksPerDevice).toBeLessThanOrEqual(Math.min(2 * k, devices - 1));
      const fewer = { ...terms, neighbors: k - 1 };
      if (k < devices - 1) expect(() => chooseNeighborhood(fewer)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
    },
  );

  it("takes a fixed k and threshold where they are sound", () => {
    const terms = { devices: 1_000, corruption: 0.05, dropout: 0.1 };
    expect(chooseNeighborhood({ ...terms, neighbors: 100, threshold: 0.66 })).toEqual({ devices: 1_000, neighbors: 100, threshold: 66 });
    expect(chooseNeighborhood({ ...terms, neighbors: 100 }).neighbors).toBe(100);
    const free = chooseNeighborhood({ ...terms, threshold: 0.66 });
    expect(free.threshold).toBe(Math.ceil(0.66 * free.neighbors));
  });

  it("refuses what is not sound, naming the nearest choice that is", () => {
    const terms = { devices: 1_000, corruption: 0.05, dropout: 0.1 };
    expect(() => chooseNeighborhood({ ...terms, neighbors: 100, threshold: 0.5 })).toThrow(/nearest: neighbors 100, threshold \d+/);
    expect(() => chooseNeighborhood({ ...terms, neighbors: 10 })).toThrow("nearest: neighbors 74, threshold 49");
    expect(() => chooseNeighborhood({ ...terms, threshold: 0.4 })).toThrow("nearest: neighbors 74");
    expect(() => chooseNeighborhood({ devices: 50, corruption: 0.5, dropout: 0.3 })).toThrow("corruption + 2 x dropout below 1");
    for (const wrong of [{ devices: 1 }, { devices: 65_536 }, { corruption: -0.1 }, { dropout: Number.NaN }, { neighbors: 1_000 }]) {
      expect(() => chooseNeighborhood({ ...terms, ...wrong })).toThrow(RangeError);
    }
  });
});

describe("drawNeighbors", () => {
  it("gives distinct others, ascending, and all of them when asked for", () => {
    expect(drawNeighbors(5, 4, 2, secureRng)).toEqual([0, 1, 3, 4]);
    for (let i = 0; i < 100; i++) {
      const drawn = drawNeighbors(20, 7, 19, secureRng);
      expect(new Set(drawn).size).toBe(7);
      expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
      expect(drawn.every((index) => index >= 0 && index < 19)).toBe(true);
    }
    expect(() => drawNeighbors(5, 5, 2, secureRng)).toThrow(RangeError);
  });

  it("draws every other device about as often", () => {
    const counts = new Array<number>(12).fill(0);
    const rounds = 6_000;
    for (let i = 0; i < rounds; i++) for (const index of drawNeighbors(12, 4, 5, secureRng)) counts[index]! += 1;
    expect(counts[5]).toBe(0);
    const expected = (rounds * 4) / 11;
    // Each count has a standard deviation of 37: six of them are passed once in 10^8 runs.
    for (const [index, count] of counts.entries()) if (index !== 5) expect(Math.abs(count - expected)).toBeLessThan(6 * 37.3);
  });
});
