/** Sets of devices of a cohort as one bit each: bit i mod 8 of byte i / 8. Imports bytes. */

import type { ByteReader } from "./bytes.ts";
import { bitmapBytes } from "./sizes.ts";

/** A set from its members. @throws RangeError for an index outside the cohort */
export function toBitmap(devices: number, members: Iterable<number>): Uint8Array {
  const bitmap = new Uint8Array(bitmapBytes(devices));
  for (const index of members) {
    if (!Number.isInteger(index) || index < 0 || index >= devices) throw new RangeError(`"members" expected indexes below ${devices}`);
    bitmap[index >> 3]! |= 1 << (index & 7);
  }
  return bitmap;
}

/** True for a member; false beyond the end. */
export function hasBit(bitmap: Uint8Array, index: number): boolean {
  return (((bitmap[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** The number of members. */
export function countBits(bitmap: Uint8Array): number {
  let count = 0;
  for (const byte of bitmap) for (let left = byte; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** The members, ascending. */
export function membersOf(bitmap: Uint8Array): readonly number[] {
  const members: number[] = [];
  for (let index = 0; index < 8 * bitmap.length; index++) if (hasBit(bitmap, index)) members.push(index);
  return members;
}

/** Reads a set of a cohort. @throws CofactorError MESSAGE_MALFORMED when it is cut, or has members beyond the cohort */
export function readBitmap(reader: ByteReader, devices: number): Uint8Array {
  const bitmap = reader.take(bitmapBytes(devices));
  if (devices % 8 !== 0 && bitmap[bitmap.length - 1]! >> (devices % 8) !== 0) reader.fail("expected no devices beyond the cohort");
  return bitmap;
}
