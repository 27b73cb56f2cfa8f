/**
 * The discrete Fourier transform of a power of two of complex numbers, in place on two flat arrays. Imports nothing.
 *
 * Source: Cooley and Tukey 1965, https://doi.org/10.1090/S0025-5718-1965-0178586-1
 */

/** The smallest power of two that is at least `length`. */
export function nextPowerOfTwo(length: number): number {
  let size = 1;
  while (size < length) size *= 2;
  return size;
}

/**
 * Transforms `re + i im` in place, with kernel exp(-2 pi i j k / n).
 *
 * Shape: both [n], n a power of two. The inverse is the same call with `re` and `im` exchanged, then a division by n.
 * Guarantees: root mean square error about 1e-16 log2(n) of the root mean square of the result.
 *
 * @throws RangeError when n is not a power of two or the lengths differ
 */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  if (im.length !== size || size === 0 || nextPowerOfTwo(size) !== size) {
    throw new RangeError(`"re" and "im" expected one length, a power of two, got ${size} and ${im.length}`);
  }
  reverseBits(re, im);
  const { cos, sin } = rootsOf(size);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0, root = 0; k < half; k++, root += stride) {
        const even = start + k;
        const odd = even + half;
        const x = re[odd]! * cos[root]! - im[odd]! * sin[root]!;
        const y = re[odd]! * sin[root]! + im[odd]! * cos[root]!;
        re[odd] = re[even]! - x;
        im[odd] = im[even]! - y;
        re[even] = re[even]! + x;
        im[even] = im[even]! + y;
      }
    }
  }
}

/** The inverse transform, in place. */
export function inverseFft(re: Float64Array, im: Float64Array): void {
  fft(im, re);
  const scale = 1 / re.length;
  for (let i = 0; i < re.length; i++) {
    re[i] = re[i]! * scale;
    im[i] = im[i]! * scale;
  }
}

interface Roots {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** The roots of unity of the last size asked for. */
let lastRoots: Roots = { cos: new Float64Array(0), sin: new Float64Array(0) };

function rootsOf(size: number): Roots {
  if (lastRoots.cos.length !== size / 2) {
    const angle = (-2 * Math.PI) / size;
    lastRoots = {
      cos: Float64Array.from({ length: size / 2 }, (_, k) => Math.cos(angle * k)),
      sin: Float64Array.from({ length: size / 2 }, (_, k) => Math.sin(angle * k)),
    };
  }
  return lastRoots;
}

function reverseBits(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const x = re[i]!;
    const y = im[i]!;
    re[i] = re[j]!;
    im[i] = im[j]!;
    re[j] = x;
    im[j] = y;
  }
}
