/** Uniform integers from the CSPRNG, a block of bytes at a time. Imports random, check, errors. */
import { integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import type { NoiseRng } from "../../random.ts";

/** Bytes asked of the CSPRNG at once. */
const blockBytes = 16_384;

/** A source of uniform integers. It holds unused random bytes, which are secret until they are used up: never serialize it. */
export interface RandomBits {
  /** Uniform in 0 .. 2^32 - 1. */
  word(): number;
  /** A fair coin. */
  coin(): boolean;
  /** Uniform in 0 .. bound - 1; bound a whole number from 1 to 2^53. */
  below(bound: number): number;
  /** Uniform in 0 .. bound - 1. */
  belowBig(bound: bigint): bigint;
  /** True with probability numerator / denominator, exactly; certain at 1 and above, impossible at 0 and below. */
  bernoulli(numerator: bigint, denominator: bigint): boolean;
}

/**
 * A source over a CSPRNG.
 *
 * Guarantees: each call's result is exactly uniform, by rejection. A failing CSPRNG throws and nothing is returned. The number of
 * bytes used, and so the time, depends on the results: draw noise before anyone can watch what it is for.
 */
export function createRandomBits(rng: NoiseRng): RandomBits {
  let words: Uint32Array = new Uint32Array(0);
  let next = 0;
  let coins = 1;

  function word(): number {
    if (next === words.length) {
      const bytes = rng.bytes(blockBytes);
      if (bytes.length !== blockBytes) throw new CofactorError("INTERNAL", `expected ${blockBytes} random bytes, got ${bytes.length}`);
      const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
      words = new Uint32Array(aligned.buffer, aligned.byteOffset, blockBytes / 4);
      next = 0;
    }
    const value = words[next]!;
    words[next++] = 0;
    return value;
  }

  function belowBig(bound: bigint): bigint {
    if (bound < 1n) throw new RangeError('"bound" expected at least 1');
    const bits = (bound - 1n).toString(2).length;
    for (;;) {
      let value = 0n;
      for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(word());
      value &= (1n << BigInt(bits)) - 1n;
      if (value < bound) return value;
    }
  }

  return {
    word,
    coin() {
      if (coins === 1) coins = word() + 0x1_0000_0000;
      const side = coins % 2 === 1;
      coins = Math.floor(coins / 2);
      return side;
    },
    below(bound) {
      if (bound <= 0x1_0000_0000) {
        const rest = 0x1_0000_0000 % integer(bound, 1, 0x1_0000_0000, "bound");
        for (;;) {
          const value = word();
          if (value < 0x1_0000_0000 - rest) return value % bound;
        }
      }
      integer(bound, 1, 2 ** 53 - 1, "bound");
      const high = Math.floor((bound - 1) / 0x1_0000_0000) + 1;
      const mask = 2 ** (32 - Math.clz32(high - 1)) - 1;
      for (;;) {
        const value = (word() & mask) * 0x1_0000_0000 + word();
        if (value < bound) return value;
      }
    },
    belowBig,
    bernoulli(numerator, denominator) {
      if (numerator <= 0n) return false;
      return numerator >= denominator || belowBig(denominator) < numerator;
    },
  };
}
