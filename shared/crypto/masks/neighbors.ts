/** Out-neighbors drawn at random by each device for itself. Imports check, random. */
import { integer } from "../../check.ts";
import type { SecureRng } from "../../random.ts";

/**
 * `count` distinct devices out of `devices` without `own`, uniformly at random, ascending.
 * @param devices n; indexes are 0 .. n - 1
 * @throws RangeError when there are not so many others
 */
export function drawNeighbors(devices: number, count: number, own: number, secure: SecureRng): readonly number[] {
  integer(own, 0, devices - 1, "own");
  integer(count, 0, devices - 1, "count");
  // Floyd's sampling among the n - 1 others, numbered without `own`.
  const drawn = new Set<number>();
  const draw = createBelow(secure, count);
  for (let last = devices - 1 - count; last < devices - 1; last++) {
    const candidate = draw(last + 1);
    drawn.add(drawn.has(candidate) ? last : candidate);
  }
  return [...drawn].map((index) => (index >= own ? index + 1 : index)).sort((a, b) => a - b);
}

/** Uniform numbers below a bound of at most 2^32, by rejection. */
function createBelow(secure: SecureRng, expected: number): (bound: number) => number {
  let words: DataView = new DataView(new ArrayBuffer(0));
  let at = 0;
  return (bound) => {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      if (at === words.byteLength) {
        words = new DataView(secure.bytes(4 * Math.max(4, expected)).buffer);
        at = 0;
      }
      const word = words.getUint32(at);
      at += 4;
      if (word < limit) return word % bound;
    }
  };
}
