/**
 * Randomness in two types that cannot stand in for each other: `Rng`, seeded and repeatable, for models and simulations;
 * `SecureRng`, from the platform's CSPRNG, for everything that protects. Imports check.ts.
 *
 * Source: xoshiro128** 1.1 and splitmix32-style seeding, Blackman and Vigna, https://prng.di.unimi.it
 */
import { integer } from "./check.ts";

/** A word that names an independent stream. */
export type StreamKey = string | number;

/** A seeded, repeatable generator. Never use it for a key, a mask, a nonce or privacy noise. */
export interface Rng {
  readonly kind: "seeded";
  /** Uniform in [0, 1), 53 bits. */
  float(): number;
  /** Uniform in 0 .. bound - 1; bound up to 2^32. */
  below(bound: number): number;
  /** Standard normal. */
  normal(): number;
  /** A generator whose stream depends on this one's seed and the keys alone, not on how much was drawn from it. */
  fork(...keys: readonly StreamKey[]): Rng;
}

/** The platform's CSPRNG. */
export interface SecureRng {
  readonly kind: "secure";
  /** `length` fresh random bytes. */
  bytes(length: number): Uint8Array;
}

/** Seeded numbers where a simulation needs noise: repeatable, so whoever knows the seed subtracts it. Protects nobody. */
export interface SimulationRng {
  readonly kind: "simulation";
  /** `length` repeatable bytes. */
  bytes(length: number): Uint8Array;
  /** Standard normal, in floating point. */
  normal(): number;
}

/** Where noise comes from. What is made with a `SimulationRng` says so, and no server publishes it. */
export type NoiseRng = SecureRng | SimulationRng;

/** A seeded generator as a simulation's source of noise. */
export function simulationRng(rng: Rng): SimulationRng {
  return {
    kind: "simulation",
    bytes(length) {
      const words = new Uint32Array(Math.ceil(length / 4));
      for (let i = 0; i < words.length; i++) words[i] = rng.below(0x1_0000_0000);
      return new Uint8Array(words.buffer, 0, length);
    },
    normal: () => rng.normal(),
  };
}

/**
 * A generator for a seed and a path of stream keys.
 *
 * Guarantees: the same seed and keys give the same stream on every platform; different keys give independent streams.
 *
 * @example createRng(7).fork("negatives", 3).below(10) // always the same digit
 */
export function createRng(seed: number, ...keys: readonly StreamKey[]): Rng {
  integer(seed, 0, Number.MAX_SAFE_INTEGER, "seed");
  const state = absorb(new Uint32Array([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344]), seed);
  for (const key of keys) absorb(state, key);
  return fromState(state);
}

/** [count] the numbers from 0 in a drawn order, every order equally likely. Source: Durstenfeld 1964. */
export function shuffled(count: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: count }, (_, at) => at);
  for (let i = count - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** The platform's CSPRNG, in Node and in browsers. */
export const secureRng: SecureRng = {
  kind: "secure",
  bytes(length) {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 65_536) {
      globalThis.crypto.getRandomValues(out.subarray(at, Math.min(length, at + 65_536)));
    }
    return out;
  },
};

/** A seed for an `Rng` drawn from the CSPRNG, for a device that wants unpredictable but replayable training. */
export function drawSeed(secure: SecureRng): number {
  const words = new DataView(secure.bytes(8).buffer);
  return (words.getUint32(0) & 0x1f_ffff) * 0x1_0000_0000 + words.getUint32(4);
}

function fromState(origin: Uint32Array): Rng {
  let a = mix(origin[0]! ^ 0x9e3779b9);
  let b = mix(origin[1]! ^ 0x7f4a7c15);
  let c = mix(origin[2]! ^ 0x94d049bb);
  let d = mix(origin[3]! ^ 0x133111eb) | 1;
  let spare = Number.NaN;

  function next(): number {
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  }

  return {
    kind: "seeded",
    float: () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992,
    below(bound) {
      const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
      let word = next();
      while (word >= limit) word = next();
      return word % bound;
    },
    normal() {
      if (!Number.isNaN(spare)) {
        const kept = spare;
        spare = Number.NaN;
        return kept;
      }
      // Marsaglia's polar method: two normals from a point in the unit disc.
      let u = 0;
      let v = 0;
      let s = 0;
      do {
        u = next() / 0x8000_0000 - 1;
        v = next() / 0x8000_0000 - 1;
        s = u * u + v * v;
      } while (s >= 1 || s === 0);
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * factor;
      return u * factor;
    },
    fork(...keys) {
      const state = origin.slice();
      for (const key of keys) absorb(state, key);
      return fromState(state);
    },
  };
}

/** Mixes one key into the four words of a stream's origin, in place; the kind of the key is part of it. */
function absorb(state: Uint32Array, key: StreamKey): Uint32Array {
  if (typeof key === "number") {
    absorbWord(state, 0x6e756d00);
    absorbWord(state, key % 0x1_0000_0000);
    absorbWord(state, Math.floor(key / 0x1_0000_0000));
  } else {
    absorbWord(state, 0x73747200 ^ key.length);
    for (let i = 0; i < key.length; i++) absorbWord(state, key.charCodeAt(i));
  }
  return state;
}

function absorbWord(state: Uint32Array, word: number): void {
  const first = mix(state[0]! ^ word);
  state[0] = mix(state[1]! + first);
  state[1] = mix(state[2]! ^ Math.imul(first, 0x85ebca6b));
  state[2] = mix(state[3]! + Math.imul(first, 0xc2b2ae35));
  state[3] = first ^ state[0]!;
}

/** A bijective 32-bit finaliser (constants of murmur3's fmix32). */
function mix(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
