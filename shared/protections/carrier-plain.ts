/** Masked vectors as they are: little-endian words of the ring. Imports crypto/masks, the seam. */
import { addRing, ringBytes, ringFromBytes, ringToBytes, ringWords } from "../crypto/masks/ring.ts";
import { CofactorError } from "../errors.ts";
import type { Carrier } from "./carrier.ts";

/** The carrier of `masks`. */
export const plainCarrier: Carrier = {
  assertSound: () => undefined,
  answerBytes: ({ size, bits }) => ringBytes(size, bits),
  seal: async (vector, { bits }) => ringToBytes(vector, bits),
  async createSum({ size, bits }) {
    const sum = new Uint32Array(ringWords(size, bits));
    const expected = ringBytes(size, bits);
    return {
      check(answer) {
        if (answer.length !== expected) {
          throw new CofactorError("SHAPE_MISMATCH", `a masked vector expected ${expected} bytes (${size} values), got ${answer.length}`);
        }
      },
      add: (answer) => addRing(sum, ringFromBytes(answer, size, bits), bits),
      export: () => ringToBytes(sum, bits),
      reveal: async () => sum.slice(),
    };
  },
};
