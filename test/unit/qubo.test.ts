/** Quadratic problems over bits: energies and searches against every code, counted out one by one. */
import { describe, expect, it } from "vitest";
import { packedSize } from "../../shared/math/linear.ts";
import { createQuboSpace, leastCode, searchCode, writeBits, writeEnergies } from "../../shared/math/qubo.ts";
import { createRng, type Rng } from "../../shared/random.ts";

interface Problem {
  readonly g: Float64Array;
  readonly t: Float64Array;
}

/** G = A'A of random rows, sometimes indefinite by a changed diagonal; couplings of both signs. */
function drawProblem(order: number, rng: Rng): Problem {
  const g = new Float64Array(packedSize(order));
  for (let row = 0; row < 2 * order; row++) {
    const a = Float64Array.from({ length: order }, () => rng.normal());
    for (let i = 0, cell = 0; i < order; i++) for (let j = 0; j <= i; j++, cell++) g[cell] = g[cell]! + a[i]! * a[j]!;
  }
  for (let i = 0; i < order; i++) g[packedSize(i) + i] = g[packedSize(i) + i]! - order * rng.float();
  return { g, t: Float64Array.from({ length: order }, () => 2 * order * rng.normal()) };
}

/** From the definition, with no shortcut. */
function energyOf({ g, t }: Problem, code: ArrayLike<number>): number {
  let energy = 0;
  for (let i = 0; i < t.length; i++) {
    energy -= t[i]! * code[i]!;
    for (let j = 0; j < t.length; j++) energy += (g[packedSize(Math.max(i, j)) + Math.min(i, j)]! * code[i]! * code[j]!) / 2;
  }
  return energy;
}

function bitsOf(code: number, order: number): Float64Array {
  const bits = new Float64Array(order);
  writeBits(code, bits);
  return bits;
}

describe("energies of all codes", () => {
  it("are those worked by hand", () => {
    // G = [[2, 1], [1, 4]], t = (3, 1): 0, 1 - 3, 2 - 1, 1 + 2 + 1 - 4.
    const energies = new Float64Array(4);
    writeEnergies(Float64Array.of(2, 1, 4), Float64Array.of(3, 1), energies, createQuboSpace(2));
    expect([...energies]).toEqual([0, -2, 1, 0]);
    expect(leastCode(energies)).toBe(1);
    expect([...bitsOf(5, 4)]).toEqual([1, 0, 1, 0]);
  });

  it.each([1, 2, 5, 9])("of %i bits are those of the definition", (order) => {
    const rng = createRng(order, "energies");
    for (let turn = 0; turn < 5; turn++) {
      const problem = drawProblem(order, rng);
      const energies = new Float64Array(2 ** order).fill(Number.NaN);
      writeEnergies(problem.g, problem.t, energies, createQuboSpace(order));
      for (let code = 0; code < energies.length; code++) {
        expect(energies[code]).toBeCloseTo(energyOf(problem, bitsOf(code, order)), 9);
      }
    }
  });
});

describe("the search", () => {
  it.each([2, 6, 11])("finds the best of all codes of %i bits, from wherever it starts", (order) => {
    const rng = createRng(order, "search");
    const space = createQuboSpace(order);
    const energies = new Float64Array(2 ** order);
    for (let turn = 0; turn < 40; turn++) {
      const problem = drawProblem(order, rng);
      writeEnergies(problem.g, problem.t, energies, space);
      const code = bitsOf(rng.below(2 ** order), order);
      searchCode(problem.g, problem.t, code, 20 * order, space);
      expect(energyOf(problem, code)).toBeCloseTo(energies[leastCode(energies)]!, 8);
    }
  });

  it("never ends above where it began, leaves no flip that helps, and repeats itself", () => {
    const order = 40;
    const rng = createRng(3, "descent");
    const space = createQuboSpace(order);
    for (let turn = 0; turn < 20; turn++) {
      const problem = drawProblem(order, rng);
      const start = Float64Array.from({ length: order }, () => rng.below(2));
      const code = start.slice();
      searchCode(problem.g, problem.t, code, 5, space);
      const energy = energyOf(problem, code);
      expect(energy).toBeLessThanOrEqual(energyOf(problem, start));
      for (let f = 0; f < order; f++) {
        const flipped = code.slice();
        flipped[f] = 1 - flipped[f]!;
        expect(energyOf(problem, flipped)).toBeGreaterThanOrEqual(energy - 1e-8);
      }
      const again = start.slice();
      searchCode(problem.g, problem.t, again, 5, createQuboSpace(order));
      expect(again).toEqual(code);
    }
  });

  it("stays where numbers say nothing", () => {
    const code = Float64Array.of(0, 1);
    searchCode(new Float64Array(3).fill(Number.NaN), Float64Array.of(1, 1), code, 10, createQuboSpace(2));
    expect([...code]).toEqual([0, 1]);
  });
});
