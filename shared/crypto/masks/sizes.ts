/** Lengths of what travels in a masked round: for those who only count, and load nothing else. Imports nothing. */

/** Bytes of a secret, and of the values of a share. */
export const secretBytes = 32;

/** Bytes of two sealed shares. */
export const sealedShareBytes: number = 2 * secretBytes + 16;

/** Bytes of a node of the cohort's tree. */
export const nodeBytes = 32;

/** How many siblings the path of an index has. */
export function pathLength(size: number, index: number): number {
  let length = 0;
  for (let at = index, left = size; left > 1; at = Math.floor(at / 2), left = Math.ceil(left / 2)) {
    if ((at ^ 1) < left) length += 1;
  }
  return length;
}

/** Bytes of a set of devices. */
export function bitmapBytes(devices: number): number {
  return Math.ceil(devices / 8);
}
