/**
 * How a published model names its catalogue: a version and two hashes as values of the model itself, so that the hash that names the model names
 * the catalogue too; and the phases of its rows, twelve in a value. Whole numbers below 2^24, which both precisions carry exactly. Imports
 * crypto, errors.
 */
import { fromBase64url, toBase64url } from "../crypto/encoding.ts";
import { CofactorError } from "../errors.ts";
import type { Catalogue } from "./catalogue.ts";
import { catalogueDigest } from "./catalogue.ts";

/** Names a catalogue. */
export interface CatalogueMark {
  readonly version: number;
  /** Its chain: what replayed deltas must end at. */
  readonly chain: string;
  /** SHA-256 of its bytes: what a whole one must have. */
  readonly digest: string;
}

const bytesPerValue = 3;
const digestBytes = 32;
const valuesPerDigest = Math.ceil(digestBytes / bytesPerValue);
const phasesPerValue = 12;

/** Values of a mark. */
export const markSize: number = 1 + 2 * valuesPerDigest;

/** The mark of a catalogue. */
export async function markOf(catalogue: Catalogue): Promise<CatalogueMark> {
  return { version: catalogue.version, chain: catalogue.chain, digest: await catalogueDigest(catalogue) };
}

/** Writes a mark over `out` [markSize]. */
export function writeMark({ version, chain, digest }: CatalogueMark, out: Float64Array): void {
  out[0] = version;
  for (const [place, text] of [chain, digest].entries()) {
    const bytes = fromBase64url(text);
    for (let i = 0; i < valuesPerDigest; i++) {
      const at = i * bytesPerValue;
      out[1 + place * valuesPerDigest + i] = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    }
  }
}

/** @throws CofactorError MESSAGE_MALFORMED for values that are no mark */
export function readMark(values: Float64Array): CatalogueMark {
  for (const value of values) if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 24)) throw malformed();
  const text = (place: number): string => {
    const bytes = new Uint8Array(valuesPerDigest * bytesPerValue);
    for (let i = 0; i < valuesPerDigest; i++) {
      const value = values[1 + place * valuesPerDigest + i]!;
      bytes.set([value >> 16, (value >> 8) & 0xff, value & 0xff], i * bytesPerValue);
    }
    if (bytes[digestBytes] !== 0) throw malformed();
    return toBase64url(bytes.subarray(0, digestBytes));
  };
  return { version: values[0]!, chain: text(0), digest: text(1) };
}

/** Values of the phases of so many rows. */
export function phaseValues(items: number): number {
  return Math.ceil(items / phasesPerValue);
}

/** Writes phases over `out` [phaseValues]. */
export function writePhases(phases: Uint8Array, out: Float64Array): void {
  for (let at = 0; at < out.length; at++) {
    let value = 0;
    const from = at * phasesPerValue;
    for (let i = Math.min(phasesPerValue, phases.length - from) - 1; i >= 0; i--) value = value * 4 + phases[from + i]!;
    out[at] = value;
  }
}

/** @throws CofactorError MESSAGE_MALFORMED for values that are no phases */
export function readPhases(values: Float64Array, items: number): Uint8Array {
  const phases = new Uint8Array(items);
  for (let at = 0; at < values.length; at++) {
    let rest = values[at]!;
    if (!(Number.isInteger(rest) && rest >= 0 && rest < 2 ** 24)) throw malformed();
    const end = Math.min(items, (at + 1) * phasesPerValue);
    for (let row = at * phasesPerValue; row < end; row++, rest >>= 2) {
      if ((rest & 3) === 3) throw malformed();
      phases[row] = rest & 3;
    }
    if (rest !== 0) throw malformed();
  }
  return phases;
}

function malformed(): CofactorError {
  return new CofactorError("MESSAGE_MALFORMED", '"model" expected the name of its catalogue and the phases of its rows');
}
