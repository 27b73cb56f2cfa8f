/** Every form in which a vector of numbers could lie in the bytes that a device sent. Imports nothing. */

/** A way to read one number: how wide, and how. */
interface Form {
  readonly width: number;
  read(view: DataView, at: number): number;
}

const forms: readonly Form[] = [
  { width: 8, read: (view, at) => view.getFloat64(at, true) },
  { width: 4, read: (view, at) => view.getFloat32(at, true) },
  { width: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  { width: 4, read: (view, at) => view.getInt32(at, true) },
  { width: 2, read: (view, at) => view.getInt16(at, true) },
  { width: 1, read: (view, at) => view.getUint8(at) },
];

/**
 * The readings of `bytes` as vectors of `size` numbers: packed from the beginning and up to the end, in the forms above (fixed point is integers with a
 * scale), and spread evenly over all bytes, as packed slots lie. The same for all byte strings of one length.
 */
export function readingsOf(bytes: Uint8Array, size: number): Float64Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Float64Array[] = [];
  for (const { width, read } of forms) {
    const slack = bytes.length - size * width;
    if (slack < 0) continue;
    for (const from of slack === 0 ? [0] : [0, slack])
      found.push(Float64Array.from({ length: size }, (_, i) => read(view, from + i * width)));
  }
  const stride = (bytes.length - 1) / Math.max(1, size - 1);
  if (bytes.length > 0) found.push(Float64Array.from({ length: size }, (_, i) => view.getUint8(Math.floor(i * stride))));
  return found;
}
