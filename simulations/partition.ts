/** Cutting a matrix into the parts of a split, and the hash that names the cut. Imports datasets/dataset.ts; Node only for the hash. */
import { createHash } from "node:crypto";
import { endianness } from "node:os";
import type { RatingMatrix } from "../shared/math/ratings.ts";

/** The ratings whose part is `part`, over the same people and items. */
export function selectPart(matrix: RatingMatrix, parts: Uint8Array, part: number): RatingMatrix {
  let count = 0;
  for (let at = 0; at < parts.length; at++) if (parts[at] === part) count++;
  const rowStart = new Int32Array(matrix.users + 1);
  const itemIndex = new Int32Array(count);
  const values = new Float64Array(count);
  let kept = 0;
  for (let user = 0; user < matrix.users; user++) {
    for (let at = matrix.rowStart[user]!; at < matrix.rowStart[user + 1]!; at++) {
      if (parts[at] !== part) continue;
      itemIndex[kept] = matrix.itemIndex[at]!;
      values[kept++] = matrix.values[at]!;
    }
    rowStart[user + 1] = kept;
  }
  return { users: matrix.users, items: matrix.items, rowStart, itemIndex, values };
}

/** The same pairs with every value 1: ratings taken as choices. The index arrays are shared, not copied. */
export function toImplicit(matrix: RatingMatrix): RatingMatrix {
  return {
    users: matrix.users,
    items: matrix.items,
    rowStart: matrix.rowStart,
    itemIndex: matrix.itemIndex,
    values: new Float64Array(matrix.values.length).fill(1),
  };
}

/**
 * The SHA-256 of a split, hexadecimal: over "cofactor-split-1\n", then for each matrix users, items and ratings as 32-bit
 * numbers, rowStart, itemIndex (32-bit) and values (64-bit), all little-endian.
 */
export function hashParts(parts: readonly RatingMatrix[]): string {
  const hash = createHash("sha256").update("cofactor-split-1\n");
  for (const { users, items, rowStart, itemIndex, values } of parts) {
    for (const array of [Int32Array.of(users, items, values.length), rowStart, itemIndex, values]) hash.update(littleEndian(array));
  }
  return hash.digest("hex");
}

function littleEndian(array: Int32Array | Float64Array): Uint8Array {
  const bytes = Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  if (endianness() === "LE") return bytes;
  return array.BYTES_PER_ELEMENT === 8 ? Buffer.from(bytes).swap64() : Buffer.from(bytes).swap32();
}
