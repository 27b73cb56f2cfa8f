/**
 * Arrays as NumPy writes them, as far as tables of numbers go. Imports types.
 * Source: the format's description, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
import type { ItemFeatures } from "../shared/models/model.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * A table [items x count] of little-endian float32 or float64, row by row.
 * @throws RangeError saying what was expected
 */
export function readNpy(bytes: Uint8Array, items: number): ItemFeatures {
  if (bytes.length < 12 || !magic.every((byte, at) => bytes[at] === byte)) throw new RangeError("expected the head of an .npy file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isShort = bytes[6] === 1;
  const length = isShort ? view.getUint16(8, true) : view.getUint32(8, true);
  const from = (isShort ? 10 : 12) + length;
  if (from > bytes.length) throw new RangeError("expected the whole head of an .npy file");
  const head = new TextDecoder("latin1").decode(bytes.subarray(from - length, from));
  const width = Number(/'descr':\s*'<f([48])'/.exec(head)?.[1] ?? 0);
  if (width === 0) throw new RangeError("expected little-endian float32 or float64 (<f4 or <f8)");
  if (!/'fortran_order':\s*False/.test(head)) throw new RangeError("expected an array in C order");
  const [, rows, columns] = /'shape':\s*\((\d+),\s*(\d+),?\s*\)/.exec(head)?.map(Number) ?? [];
  if (rows !== items || columns === undefined) throw new RangeError(`expected an array of ${items} rows, one for each item`);
  if (bytes.length !== from + rows * columns * width) throw new RangeError(`expected ${rows * columns} numbers behind the head`);
  const values = new Float64Array(rows * columns);
  for (let at = 0; at < values.length; at++) {
    values[at] = width === 4 ? view.getFloat32(from + 4 * at, true) : view.getFloat64(from + 8 * at, true);
  }
  return { count: columns, values };
}

/** The bytes of a table [rows x columns] as float32, little-endian, row by row: what indexes of vectors read. */
export function writeNpy(values: Float64Array, rows: number, columns: number): Uint8Array {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  // The head, with its 10 bytes before and the line's end, is a multiple of 64 long.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const bytes = new Uint8Array(10 + length + 4 * values.length);
  const view = new DataView(bytes.buffer);
  bytes.set([...magic, 1, 0]);
  view.setUint16(8, length, true);
  bytes.set(new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`), 10);
  for (let at = 0; at < values.length; at++) view.setFloat32(10 + length + 4 * at, values[at]!, true);
  return bytes;
}
