/** Item rows from noised normal equations: the ridge without noise, drawn to the prior with it, never out of bounds. */
import { Matrix, solve } from "ml-matrix";
import { describe, expect, it } from "vitest";
import { nearestDefinite } from "../../shared/math/definite.ts";
import { addOuter, dot, packedSize } from "../../shared/math/linear.ts";
import { boundNorm, estimateCounts, gramScales, meanGram, moveRow, semidefinite, shrinkGram } from "../../shared/models/noised-rows.ts";
import { createRng } from "../../shared/random.ts";

const order = 4;
const packed = packedSize(order);
const rng = createRng(9);
const normals = (length: number): Float64Array => Float64Array.from({ length }, () => rng.normal());

/** Sum of z z' over `raters` drawn people. */
function drawGram(raters: number): Float64Array {
  const gram = new Float64Array(packed);
  for (let rater = 0; rater < raters; rater++) addOuter(gram, 0, 1, normals(order), 0, order);
  return gram;
}

const square = (gram: Float64Array): number[][] =>
  Array.from({ length: order }, (_, i) => Array.from({ length: order }, (_, j) => gram[packedSize(Math.max(i, j)) + Math.min(i, j)]!));

describe("gramScales", () => {
  it("gives z z' the norm of the whole matrix, times the scale", () => {
    const z = normals(order);
    const cells = new Float64Array(packed);
    addOuter(cells, 0, 1, z, 0, order);
    const scaled = cells.map((cell, at) => cell * gramScales(order, 0.3)[at]!);
    expect(Math.sqrt(dot(scaled, 0, scaled, 0, packed))).toBeCloseTo(0.3 * dot(z, 0, z, 0, order), 12);
  });
});

describe("estimateCounts", () => {
  it("keeps counts without noise; with it makes all of them positive, and none above the number of people", () => {
    const counts = Float64Array.of(5, 0.25, 100);
    expect([...estimateCounts(counts, 0, 200)]).toEqual([...counts]);
    const noised = estimateCounts(Float64Array.of(-30, -2, 0, 50, 900), 4, 200);
    expect(noised.every((count) => count > 0)).toBe(true);
    expect(noised[3]).toBeGreaterThan(45);
    expect(noised[4]).toBe(200);
    expect([...noised].toSorted((a, b) => a - b)).toEqual([...noised]);
  });
});

describe("semidefinite", () => {
  it("keeps what is semidefinite, lifts what is not, and bounds the trace", () => {
    const gram = drawGram(9);
    const trace = (packedMatrix: Float64Array): number => square(packedMatrix).reduce((sum, row, i) => sum + row[i]!, 0);
    for (const [cell, value] of semidefinite(gram, order, 1e9).entries()) expect(value).toBeCloseTo(gram[cell]!, 9);
    expect(trace(semidefinite(gram, order, 2))).toBeCloseTo(2, 9);
    expect(
      trace(
        semidefinite(
          gram.map((cell) => -cell),
          order,
          2,
        ),
      ),
    ).toBeCloseTo(0, 9);
  });
});

describe("shrinkGram", () => {
  const grams = Float64Array.from([drawGram(20), drawGram(300)].flatMap((gram) => [...gram]));
  const counts = Float64Array.of(20, 300);
  const sums = (stddev: number) => ({ order, grams, counts, variances: new Float64Array(packed).fill(stddev * stddev) });

  it("leaves a matrix without noise as it is: what is semidefinite stays", () => {
    const mean = meanGram(sums(0), 1e9);
    for (const item of [0, 1]) {
      const shrunk = shrinkGram(sums(0), mean, item);
      for (const [cell, value] of shrunk.entries()) expect(value).toBeCloseTo(grams[item * packed + cell]!, 9);
    }
  });

  it("goes to the mean times the item's weight under endless noise, and is semidefinite under any", () => {
    const mean = meanGram(sums(1e9), 1e9);
    for (const [cell, value] of shrinkGram(sums(1e9), mean, 0).entries()) expect(value).toBeCloseTo(20 * mean[cell]!, 6);
    for (const stddev of [1, 30, 1000]) {
      const spoiled = { ...sums(stddev), grams: grams.map((cell) => cell + stddev * rng.normal()) };
      const shrunk = shrinkGram(spoiled, meanGram(spoiled, 1e9), 0);
      for (const [cell, value] of nearestDefinite(shrunk, order, 0).entries()) {
        expect(Math.abs(value - shrunk[cell]!)).toBeLessThanOrEqual(1e-9 * (1 + stddev));
      }
    }
  });
});

describe("moveRow", () => {
  const gram = drawGram(12);
  const target = normals(order);
  const before = Float64Array.of(0.1, 0.2, 0.4, 0.8);
  const move = (noise: number, variance = before.slice()): Float64Array => moveRow(gram, target, variance, 0.5, noise);

  it("is the ridge solution when noise is next to none", () => {
    const ridge = solve(new Matrix(square(gram)).add(Matrix.diag([...before.map((p) => 0.5 / p)])), Matrix.columnVector([...target]));
    for (const [f, value] of move(1e-12).entries()) expect(value).toBeCloseTo(ridge.get(f, 0), 9);
  });

  it("moves less the more noise there is, and knows what it knows of the row", () => {
    const lengths = [1e-9, 1, 100, 1e6].map((noise) => Math.hypot(...move(noise)));
    expect(lengths.toSorted((a, b) => b - a)).toEqual(lengths);
    expect(lengths[3]).toBeLessThan(1e-4);
    let last = new Float64Array(order);
    for (const noise of [1e-9, 1, 100]) {
      const variance = before.slice();
      move(noise, variance);
      for (const [f, value] of variance.entries()) expect(value >= last[f]! && value <= before[f]!).toBe(true);
      last = variance;
    }
  });

  it("is a posterior: its error has the variance that it says, at the right noise and not at half of it", () => {
    const trials = 4000;
    const stddev = 3;
    const excess = (told: number): number => {
      let total = 0;
      for (let trial = 0; trial < trials; trial++) {
        const row = before.map((p) => Math.sqrt(p) * rng.normal());
        const seen = new Float64Array(order);
        for (let rater = 0; rater < 12; rater++) {
          const z = raters.subarray(rater * order, (rater + 1) * order);
          const rest = dot(z, 0, row, 0, order) + Math.sqrt(0.5) * rng.normal();
          for (let f = 0; f < order; f++) seen[f] = seen[f]! + rest * z[f]!;
        }
        const variance = before.slice();
        const estimate = moveRow(
          sum,
          seen.map((value) => value + stddev * rng.normal()),
          variance,
          0.5,
          told * told,
        );
        for (let f = 0; f < order; f++) total += (estimate[f]! - row[f]!) ** 2 / variance[f]!;
      }
      return total / (trials * order);
    };
    const raters = normals(12 * order);
    const sum = new Float64Array(packed);
    for (let rater = 0; rater < 12; rater++) addOuter(sum, 0, 1, raters, rater * order, order);
    expect(Math.abs(excess(stddev) - 1)).toBeLessThan(0.05);
    expect(excess(stddev / 2)).toBeGreaterThan(1.15);
    expect(excess(stddev * 2)).toBeLessThan(0.9);
  });
});

describe("boundNorm", () => {
  it("scales down what is longer than the bound and nothing else", () => {
    const values = Float64Array.of(9, 3, 4, 9);
    boundNorm(values, 1, 2, 5);
    expect([...values]).toEqual([9, 3, 4, 9]);
    boundNorm(values, 1, 2, 1);
    expect(values[0]).toBe(9);
    expect(Math.hypot(values[1]!, values[2]!)).toBeCloseTo(1, 12);
  });
});
