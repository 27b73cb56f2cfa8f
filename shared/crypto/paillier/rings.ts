/**
 * The choice of a ring: WebAssembly where it runs, else BigInt; one for each key and process. Imports this folder.
 *
 * Both pass the same suite at every key size; a new kernel is also compared with BigInt once when it is made, so that a platform that
 * miscompiles it gets the slower ring instead of wrong sums.
 */
import type { PaillierPublicKey } from "./keys.ts";
import type { Ring } from "./ring.ts";
import { createBigIntRing } from "./ring-bigint.ts";
import { createWasmRing } from "./ring-wasm.ts";

const maxRings = 4;
/** By n, in the order of last use. */
const rings = new Map<string, Ring>();

/** The ring of a key: the fastest that runs here. The last four are kept. */
export function createRing(key: PaillierPublicKey): Ring {
  const name = key.n.toString(36);
  const ring = rings.get(name) ?? fastestRing(key);
  rings.delete(name);
  rings.set(name, ring);
  for (const oldest of rings.keys()) {
    if (rings.size <= maxRings) break;
    rings.delete(oldest);
  }
  return ring;
}

/** A fresh ring. @param create how the fast one is made: another one only in tests of the fallback */
export function fastestRing(key: PaillierPublicKey, create: (key: PaillierPublicKey) => Ring = createWasmRing): Ring {
  const plain = createBigIntRing(key);
  try {
    const fast = create(key);
    // The largest digits of all: both reductions and the carry between the digits are at work.
    const sample = key.nSquared - 1n - key.n / 3n;
    return fast.multiply(sample, sample) === plain.multiply(sample, sample) ? fast : plain;
  } catch {
    // No WebAssembly, a page whose policy forbids it, or a key beyond its buffers.
    return plain;
  }
}
