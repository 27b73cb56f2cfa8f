/** The exchange without encryption: what the encrypted one is compared with. It hides nothing. Imports the seam, errors. */
import { CofactorError } from "../../errors.ts";
import { blindUnit, type DifferenceExchange } from "./exchange.ts";

/** Offers are the values themselves. For comparison alone. @param size how many values an estimate has */
export function createClearExchange(size: number, blockSize: number): DifferenceExchange {
  return {
    kind: "clear",
    blockSize,
    async offer(values) {
      const offer = toBytes(values);
      return { offer, first: offer };
    },
    async answer(_from, offer, own, blinds) {
      const theirs = fromBytes(offer);
      return toBytes(own.map((value, at) => (blinds[Math.floor(at / blockSize)]! / blindUnit) * (value - theirs[at]!)));
    },
    open: async (answer) => fromBytes(answer),
    check(_from, kind, message) {
      if (message.length !== 8 * size) throw new CofactorError("SHAPE_MISMATCH", `an ${kind} expected ${size} values`);
      if (!fromBytes(message).every(Number.isFinite)) throw new CofactorError("VALUE_NOT_FINITE", `an ${kind} expected finite values`);
    },
    forget: () => undefined,
  };
}

function toBytes(values: Float64Array): Uint8Array {
  return new Uint8Array(values.slice().buffer);
}

function fromBytes(bytes: Uint8Array): Float64Array {
  return new Float64Array(bytes.slice().buffer);
}
