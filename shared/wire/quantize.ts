/**
 * Real numbers brought onto the grid of a fixed-point format before anything seals them: so many bits a value, whatever the protection. Imports
 * fixed-point, random.
 *
 * Rounding by coins is unbiased: a value goes up with the chance that its distance to the step below says. The error of one value is below a
 * step either way; its variance is at most a quarter of a step squared (a twelfth by nearest rounding, but there small values never add up).
 * Source: QSGD, Alistarh et al. 2017, https://arxiv.org/abs/1610.02132
 */
import type { NoiseRng } from "../random.ts";
import type { FixedPoint } from "./fixed-point.ts";

/** How values come onto the grid. */
export type Rounding = "nearest" | "stochastic";

/**
 * The format of `bits` bits a value, sign included, that reaches to `maxAbs` or, at its upper end, to one step less.
 * @param bits from 2 to 40
 * @example formatOf(8, 2) // { maxAbs: 1.984375, fractionBits: 6 }
 */
export function formatOf(bits: number, maxAbs: number): FixedPoint {
  const steps = 2 ** (bits - 1) - 1;
  const fractionBits = Math.min(40, Math.floor(Math.log2((steps + 1) / maxAbs)));
  const scale = 2 ** fractionBits;
  return { maxAbs: Math.min(steps, Math.floor(maxAbs * scale)) / scale, fractionBits };
}

/** Words drawn at once. */
const batch = 4096;

/**
 * Clamps values to the format's range and rounds them to its steps, in place.
 *
 * Guarantees: what is on the grid already stays as it is; by coins the mean of a value within the range is the value, to 2^-32 of a step; what
 * is not finite is left for the seal to refuse.
 * @param from first value that is rounded
 * @param rng where the coins come from: the platform's on a device
 */
export function quantize(values: Float64Array, format: FixedPoint, rounding: Rounding, rng: NoiseRng, from = 0): void {
  const { maxAbs } = format;
  const scale = 2 ** format.fractionBits;
  const isRandom = rounding === "stochastic";
  for (let start = from; start < values.length; start += batch) {
    const end = Math.min(values.length, start + batch);
    const bytes = isRandom ? rng.bytes(4 * (end - start)) : noBytes;
    const coins = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    for (let i = start; i < end; i++) {
      const value = values[i]!;
      if (value - value !== 0) continue;
      const scaled = Math.max(-maxAbs, Math.min(maxAbs, value)) * scale;
      if (isRandom) values[i] = Math.floor(scaled + coins[i - start]! * 2 ** -32) / scale;
      else values[i] = (scaled < 0 ? -Math.round(-scaled) : Math.round(scaled)) / scale;
    }
  }
}

const noBytes = new Uint8Array(0);
