/** Secret sharing and its robust inverse. */
import { describe, expect, it } from "vitest";
import { equalBytes, toHex } from "../../../../shared/crypto/encoding.ts";
import { divide, exp, log, multiply } from "../../../../shared/crypto/masks/field.ts";
import { recover } from "../../../../shared/crypto/masks/recover.ts";
import { combine, type Share, split } from "../../../../shared/crypto/masks/shamir.ts";
import { secureRng } from "../../../../shared/random.ts";

const points = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

/** Carry-less product, reduced bit by bit. */
function slowProduct(a: number, b: number): number {
  let product = 0;
  for (let bit = 15; bit >= 0; bit--) {
    product <<= 1;
    if (product > 0xffff) product ^= 0x1100b;
    if ((b >> bit) & 1) product ^= a;
  }
  return product;
}

function spoil(shares: readonly Share[], which: readonly number[], byte = 0): readonly Share[] {
  return shares.map((share, at) => {
    if (!which.includes(at)) return share;
    const bytes = share.bytes.slice();
    bytes[byte]! ^= 1 + at;
    return { x: share.x, bytes };
  });
}

describe("GF(2^16)", () => {
  it("has a generator of all nonzero elements", () => {
    expect(new Set(exp.subarray(0, 65_535)).size).toBe(65_535);
    expect(exp[log[0x1234]!]).toBe(0x1234);
  });

  it("multiplies and divides as bit by bit, also zero", () => {
    for (const [a, b] of [
      [0, 0],
      [0, 7],
      [7, 0],
      [1, 65_535],
      [65_535, 65_535],
      [0x8000, 2],
      [0xabcd, 0x1234],
    ] as const) {
      // biome-ignore format: one line shows it
      expect(multiply(a, b)).toBe(slowProduct(a, b));
      if (b !== 0) expect(slowProduct(divide(a, b), b)).toBe(a);
    }
    expect(divide(0, 1)).toBe(0);
  });
});

describe("split and combine", () => {
  it("gives the secret from any threshold of the shares, in any order", () => {
    const secret = secureRng.bytes(32);
    const shares = split(secret, 3, [9, 65_535, 1, 300, 77], secureRng);
    for (const [a, b, c] of [
      [0, 1, 2],
      [4, 3, 2],
      [1, 0, 4],
    ] as const) {
      // biome-ignore format: one line shows it
      expect(toHex(combine([shares[a]!, shares[b]!, shares[c]!]))).toBe(toHex(secret));
    }
    expect(combine(shares.slice(0, 2))).not.toEqual(secret);
  });

  it("refuses secrets, thresholds and points that are none", () => {
    const secret = new Uint8Array(32);
    for (const [bytes, threshold, xs] of [
      [new Uint8Array(31), 1, [1]],
      [secret, 0, [1]],
      [secret, 2, [1]],
      [secret, 1, [0]],
      [secret, 1, [65_536]],
      [secret, 2, [3, 3]],
    ] as const) {
      expect(() => split(bytes, threshold, xs, secureRng)).toThrow(RangeError);
    }
    expect(() => combine([])).toThrow(expect.objectContaining({ code: "THRESHOLD_UNMET" }));
    const share = { x: 2, bytes: secret };
    expect(() => combine([share, share])).toThrow(RangeError);
    expect(() => combine([{ x: 1, bytes: new Uint8Array(33) }])).toThrow('"share" expected 32 bytes');
  });
});

describe("recover", () => {
  const secret = secureRng.bytes(32);
  const matches = (candidate: Uint8Array): boolean => equalBytes(candidate, secret);
  const shares = split(secret, 5, points(12), secureRng);

  it("takes right shares as they are", async () => {
    expect(await recover(shares, 5, matches)).toEqual({ secret, wrong: [] });
    expect(await recover(shares.slice(0, 5), 5, matches)).toEqual({ secret, wrong: [] });
  });

  it("names up to floor((m - t) / 2) wrong shares, wherever and in whichever word they are", async () => {
    for (const which of [[0], [11], [0, 1, 2], [4, 5, 11], [2, 7]]) {
      for (const byte of [0, 17, 31]) {
        expect(await recover(spoil(shares, which, byte), 5, matches)).toEqual({ secret, wrong: which.map((at) => at + 1) });
      }
    }
    const mixed = spoil(spoil(spoil(shares, [3], 0), [6], 9), [9], 30);
    expect(await recover(mixed, 5, matches)).toEqual({ secret, wrong: [4, 7, 10] });
  });

  it("names no right share when wrong ones cancel each other at zero", async () => {
    const three = split(secret, 2, [1, 2, 3, 4, 5], secureRng);
    // Two colluding devices move the line through their points, but not its value at zero: f + d x.
    const bent = three.map(({ x, bytes }, at) =>
      at > 1 ? { x, bytes } : { x, bytes: bytes.map((byte, i) => (i === 0 ? byte ^ x : byte)) },
    );
    expect(await recover(bent, 2, matches)).toEqual({ secret, wrong: [] });
  });

  it("finds the secret among t + 1 shares with one wrong, naming nobody", async () => {
    for (let at = 0; at < 6; at++) {
      expect(await recover(spoil(shares.slice(0, 6), [at]), 5, matches)).toEqual({ secret, wrong: [] });
    }
  });

  it("refuses too few shares, and too many wrong ones", async () => {
    await expect(recover(shares.slice(0, 4), 5, matches)).rejects.toMatchObject({ code: "THRESHOLD_UNMET" });
    const hopeless = recover(spoil(shares, [0, 2, 4, 6, 8, 10]), 5, matches);
    await expect(hopeless).rejects.toMatchObject({ code: "AGGREGATION_FAILED" });
  });
});
