/**
 * The public random rotation that flattens a vector before it is rounded: no entry stays much larger than the others, so few bits an entry
 * suffice. Imports check, walsh-hadamard.
 *
 * The rotation is public and hides nothing: all devices and the aggregator of a round know its seed, since sums must be of vectors that
 * were rotated alike. The seed must not depend on what anyone contributes; a fresh one a round is usual.
 *
 * Source: Kairouz, Liu and Steinke 2021, https://arxiv.org/abs/2102.06387, section 4
 */
import { integer, lengthOf } from "../../check.ts";
import { paddedLength, walshHadamard } from "./walsh-hadamard.ts";

/** A rotation of vectors of one size, and back. */
export interface Rotation {
  /** Entries of a vector. */
  readonly size: number;
  /** Entries of a rotated vector: the next power of two. */
  readonly rotatedSize: number;
  /**
   * The rotated vector, [rotatedSize]: padded with zeros, signs flipped, transformed. Linear; keeps the L2 norm to rounding.
   *
   * @param values [size] not modified
   * @throws RangeError for another length
   */
  rotate(values: Float64Array): Float64Array;
  /**
   * The vector whose rotation is nearest, [size]: the padding, which holds only noise and roundings, is dropped.
   *
   * @param rotated [rotatedSize] not modified
   * @throws RangeError for another length
   */
  restore(rotated: Float64Array): Float64Array;
}

/** Makes `length` bytes from a seed: a keystream of it. All who share a round must use the same. */
export type ExpandSeed = (seed: Uint8Array, length: number) => Uint8Array | Promise<Uint8Array>;

/** Bytes of a rotation's seed. */
export const rotationSeedBytes = 32;

/** Bytes of signs for vectors of a size: a bit for each entry. */
export function signBytes(size: number): number {
  return Math.ceil(size / 8);
}

/**
 * The rotation of a public seed.
 *
 * @param seed 32 bytes
 * @throws RangeError when the seed has another length, or size is not an integer from 1 to 2^30
 */
export async function rotationFromSeed(size: number, seed: Uint8Array, expand: ExpandSeed): Promise<Rotation> {
  lengthOf(seed, rotationSeedBytes, "seed");
  return createRotation(size, await expand(seed, signBytes(size)));
}

/**
 * The rotation with these signs.
 *
 * @param signs a bit for each entry, the lowest bit of a byte first; 1 flips. Copied
 * @throws RangeError when there are not signBytes(size) of them, or size is not an integer from 1 to 2^30
 */
export function createRotation(size: number, signs: Uint8Array): Rotation {
  integer(size, 1, 2 ** 30, "size");
  const flips = lengthOf(signs, signBytes(size), "signs").slice();
  const rotatedSize = paddedLength(size);
  const flip = (values: Float64Array): void => {
    // A product, not a branch: nothing is known of the bits.
    for (let i = 0; i < size; i++) values[i] = values[i]! * (1 - 2 * ((flips[i >> 3]! >> (i & 7)) & 1));
  };
  return Object.freeze({
    size,
    rotatedSize,
    rotate(values: Float64Array) {
      const rotated = new Float64Array(rotatedSize);
      rotated.set(lengthOf(values, size, "values"));
      flip(rotated);
      walshHadamard(rotated);
      return rotated;
    },
    restore(rotated: Float64Array) {
      const values = lengthOf(rotated, rotatedSize, "rotated").slice();
      walshHadamard(values);
      flip(values);
      return values.slice(0, size);
    },
  });
}
