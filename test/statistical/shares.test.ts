/** Fewer shares than the threshold look alike for every secret. */
import { expect, test } from "vitest";
import { split } from "../../shared/crypto/masks/shamir.ts";
import { secureRng } from "../../shared/random.ts";

/** Chi-square of byte counts against the uniform distribution, 255 degrees of freedom: mean 255, standard deviation 22.6. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((total, count) => total + count, 0) / counts.length;
  return counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
}

test.each([
  ["one share of two", 0],
  ["the difference of two shares of three", 1],
])("%s is uniform, whether the secret is all zeros or all ones", (_, other) => {
  for (const fill of [0, 0xff]) {
    const counts = new Array<number>(256).fill(0);
    for (let i = 0; i < 4_000; i++) {
      const shares = split(new Uint8Array(32).fill(fill), 2 + other, [1, 2, 3], secureRng);
      for (let byte = 0; byte < 32; byte++) counts[shares[0]!.bytes[byte]! ^ (other === 0 ? 0 : shares[1]!.bytes[byte]!)]! += 1;
    }
    // Eight standard deviations: a right split fails once in more than 10^9 runs.
    expect(chiSquare(counts)).toBeLessThan(255 + 8 * 22.6);
  }
});

test("the same check fails for shares with one coefficient too few: at the threshold the secret shows", () => {
  const counts = new Array<number>(256).fill(0);
  for (let i = 0; i < 4_000; i++) {
    for (const byte of split(new Uint8Array(32).fill(7), 1, [5], secureRng)[0]!.bytes) counts[byte]! += 1;
  }
  expect(chiSquare(counts)).toBeGreaterThan(10_000);
});
