/** Masked rounds for tests: contributions whose sums are exact, the graphs of a cohort, and what an attacker could do with all that was released. */
import { parseUnmaskAnswer, type ReleasedShare } from "../../shared/crypto/masks/closing-messages.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/protections/masked-graph.ts";
import { type MaskOptions, stageOf } from "../../shared/protections/masked-round.ts";
import type { RoundFrame } from "../../shared/protections/protection.ts";
import { createRng } from "../../shared/random.ts";
import type { RoundTrace } from "./protected-round.ts";

/** Values of a vector: few, since every round of a matrix masks them anew. */
export const playSize = 5;

/** The frame of a round whose cohort may shrink to `min`. */
export function playFrame(devices: number, min: number): RoundFrame {
  const range = { maxAbs: 8, fractionBits: 12 };
  return { run: "matrix", terms: "t".repeat(43), round: 4, size: playSize, range, cohort: { size: devices, min } };
}

/** Device `index`'s values: multiples of the fixed-point step, so that sums are exact. */
export function playValues(index: number): Float64Array {
  const rng = createRng(11, "matrix", index);
  return Float64Array.from({ length: playSize }, () => (Math.floor(rng.float() * 65_535) - 32_767) / 4_096);
}

/** Device by device, the values of a cohort. */
export function playCohort(devices: number): readonly Float64Array[] {
  return Array.from({ length: devices }, (_, index) => playValues(index));
}

/** The exact sum of some devices' values. */
export function sumOf(devices: readonly number[]): readonly number[] {
  return Array.from({ length: playSize }, (_, at) => devices.reduce((total, index) => total + playValues(index)[at]!, 0));
}

/** Every threshold that is sound for a full graph of `devices`, as options. */
export function soundThresholds(devices: number): readonly { readonly options: MaskOptions; readonly threshold: number }[] {
  const most = devices - 1;
  const found = [];
  for (let threshold = 1; threshold <= most; threshold++) {
    const options = { corruption: 0, dropout: 0, neighbors: most, threshold: threshold / most };
    if (isSound(options, devices)) found.push({ options, threshold });
  }
  return found;
}

function isSound(options: MaskOptions, devices: number): boolean {
  try {
    graphOf(options, devices);
    return true;
  } catch (error) {
    if (isCofactorError(error) && error.code === "CONFIG_INVALID") return false;
    throw error;
  }
}

/** Who gave out which shares in a round. */
export function releasedIn({ answers }: RoundTrace, devices: number): ReadonlyMap<number, readonly ReleasedShare[]> {
  const given = answers.filter(({ stage }) => stage === stageOf.unmask);
  return new Map(given.map(({ device, bytes }) => [device, parseUnmaskAnswer(bytes, devices)]));
}

/** How many shares of each kind of a device's secrets were given out. */
export function countShares(released: ReadonlyMap<number, readonly ReleasedShare[]>, owner: number): { seed: number; key: number } {
  const all = [...released.values()].flat().filter(({ index }) => index === owner);
  const seed = all.filter(({ kind }) => kind === "seed").length;
  return { seed, key: all.length - seed };
}

/** The code of a coded error; others are thrown again. */
export function codeOf(error: unknown): string {
  if (!isCofactorError(error)) throw error;
  return error.code;
}
