/** Real numbers as integers of a fixed scale: rounding, clamping, range and the error of sums. */
import { expect, test } from "vitest";
import { decodeFixed, encodedBits, encodeFixed } from "../../../shared/wire/fixed-point.ts";

test("rounds to the nearest integer, ties away from zero", () => {
  const { integers } = encodeFixed(Float64Array.of(0.24, 0.25, 0.26, -0.24, -0.25, -0.26, 0.75, -0.75, 1.25), {
    maxAbs: 4,
    fractionBits: 1,
  });
  expect([...integers].map((value) => value + 0)).toEqual([0, 1, 1, 0, -1, -1, 2, -2, 3]);
});

test("the largest number below a half rounds to zero", () => {
  const below = 0.5 - 2 ** -54;
  const { integers } = encodeFixed(Float64Array.of(below, -below), { maxAbs: 4, fractionBits: 0 });
  expect([...integers].map((value) => value + 0)).toEqual([0, 0]);
});

test("clamps to the range and counts", () => {
  const encoded = encodeFixed(Float64Array.of(2, -2, 2.01, -1e300, 0), { maxAbs: 2, fractionBits: 4 });
  expect([...encoded.integers]).toEqual([32, -32, 32, -32, 0]);
  expect(encoded.clamped).toBe(2);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  "%d is refused, naming its place and not its value",
  (value) => {
    expect(() => encodeFixed(Float64Array.of(1, value), { maxAbs: 2, fractionBits: 4 })).toThrow(
      expect.objectContaining({ code: "VALUE_NOT_FINITE", message: expect.stringContaining("entry 1") }),
    );
  },
);

test("encoded bits hold every integer of the range, and one bit fewer would not", () => {
  for (const maxAbs of [0.1, 0.5, 1, 1.5, 2, 3.99, 4, 5, 7.5, 8, 1000]) {
    for (const fractionBits of [0, 1, 8, 16, 20]) {
      const format = { maxAbs, fractionBits };
      const largest = encodeFixed(Float64Array.of(maxAbs), format).integers[0]!;
      expect(largest).toBeLessThan(2 ** (encodedBits(format) - 1));
      if (largest > 0) expect(largest).toBeGreaterThanOrEqual(2 ** (encodedBits(format) - 2));
    }
  }
});

test("the decoded sum of k vectors is within k * 2^-(fractionBits + 1) of the exact sum", () => {
  const format = { maxAbs: 1, fractionBits: 10 };
  const clients = 300;
  const exact = new Float64Array(50);
  const sums = new Float64Array(50);
  for (let client = 0; client < clients; client++) {
    // Multiples of 2^-30 keep the exact sum exact in a number.
    const values = Float64Array.from({ length: 50 }, (_, i) => (((client * 7919 + i * 104_729) * 2_654_435) % 2 ** 31) / 2 ** 30 - 1);
    encodeFixed(values, format).integers.forEach((integer, i) => {
      sums[i] = sums[i]! + integer;
      exact[i] = exact[i]! + values[i]!;
    });
  }
  const worst = decodeFixed(sums, format).reduce((error, value, i) => Math.max(error, Math.abs(value - exact[i]!)), 0);
  expect(worst).toBeLessThanOrEqual(clients * 2 ** -11);
  expect(worst).toBeGreaterThan(0);
});

test("a format beyond 53 bits is refused", () => {
  expect(() => encodeFixed(Float64Array.of(1), { maxAbs: 2 ** 30, fractionBits: 40 })).toThrow(
    expect.objectContaining({ code: "ENCODE_OVERFLOW" }),
  );
});
