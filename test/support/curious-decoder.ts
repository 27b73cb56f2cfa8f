/**
 * An honest-but-curious reader: tries every form in which numbers could lie in some bytes, and says how close the best of them comes to a
 * vector that the test knows. Imports nothing of the product.
 */

/** How well something was read. */
export interface Reading {
  /** Greatest absolute correlation of any reading with the truth, from 0 to 1. */
  readonly correlation: number;
  /** Share of the truth's entries that are not zero and were told from those that are, by the best reading: .5 is chance. */
  readonly support: number;
}

/** The best reading of a vector out of bytes, at any alignment. */
export function readVector(bytes: Uint8Array, truth: Float64Array): Reading {
  let correlation = 0;
  let support = 0.5;
  for (const values of candidates(bytes, truth.length)) {
    correlation = Math.max(correlation, Math.abs(correlationOf(values, truth)));
    support = Math.max(support, supportOf(values, truth));
  }
  return { correlation, support };
}

/** Vectors of `length` numbers: floats of both widths, integers of all widths with and without a sign, wrapped differences, packed slots. */
function* candidates(bytes: Uint8Array, length: number): Generator<Float64Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const readers: readonly { readonly width: number; read(at: number): number }[] = [
    { width: 8, read: (at) => view.getFloat64(at, true) },
    { width: 4, read: (at) => view.getFloat32(at, true) },
    { width: 4, read: (at) => view.getInt32(at, true) },
    { width: 8, read: (at) => Number(view.getBigInt64(at, true)) },
    { width: 3, read: (at) => bytes[at]! + bytes[at + 1]! * 256 + bytes[at + 2]! * 65_536 },
    { width: 2, read: (at) => view.getInt16(at, true) },
    { width: 1, read: (at) => bytes[at]! },
  ];
  for (const { width, read } of readers) {
    const size = length * width;
    for (let start = 0; start + size <= bytes.length; start += Math.max(1, Math.floor((bytes.length - size) / 64))) {
      yield Float64Array.from({ length }, (_, index) => read(start + index * width));
    }
  }
}

function correlationOf(a: Float64Array, b: Float64Array): number {
  const meanA = a.reduce((total, value) => total + value, 0) / a.length;
  const meanB = b.reduce((total, value) => total + value, 0) / b.length;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) ** 2;
    bb += (b[i]! - meanB) ** 2;
  }
  const scale = Math.sqrt(aa * bb);
  return Number.isFinite(scale) && scale > 0 ? ab / scale : 0;
}

/** The mean of two rates: entries that are not zero found not zero, and zeros found zero. */
function supportOf(values: Float64Array, truth: Float64Array): number {
  let [hits, ones, rests, zeros] = [0, 0, 0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (truth[i] === 0) {
      zeros += 1;
      if (values[i] === 0) rests += 1;
    } else {
      ones += 1;
      if (values[i] !== 0) hits += 1;
    }
  }
  return (hits / ones + rests / zeros) / 2;
}

/** Numbers in some form. */
export type NumberArray = Float64Array | Float32Array | Int32Array | BigInt64Array;

/** Looks for every pair of neighbouring numbers that are not zero, as they would lie in memory. */
export function findEntries(haystack: Buffer, form: NumberArray): { readonly looked: number; readonly found: number } {
  const bytes = new Uint8Array(form.buffer, form.byteOffset, form.byteLength);
  const width = form.BYTES_PER_ELEMENT;
  let [looked, found] = [0, 0];
  for (let i = 0; i + 1 < form.length; i++) {
    // Small integers tell nothing: any bytes hold them somewhere.
    const isTelling = [form[i]!, form[i + 1]!].every((value) => Math.abs(Number(value)) > (Number.isInteger(Number(value)) ? 1_000 : 0));
    if (!isTelling) continue;
    looked += 1;
    if (haystack.includes(Buffer.from(bytes.subarray(i * width, (i + 2) * width)))) found += 1;
  }
  return { looked, found };
}

/** Pearson's statistic of bytes against the uniform distribution, in standard deviations from what uniform bytes give. */
export function unevenness(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]! += 1;
  const expected = bytes.length / 256;
  const statistic = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
  return (statistic - 255) / Math.sqrt(2 * 255);
}
