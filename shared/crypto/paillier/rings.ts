/** The choice of a ring: the fastest that runs here, one a key and process. Imports this folder. */
import type { PaillierPublicKey } from "./keys.ts";
import type { Ring } from "./ring.ts";
import { createBigIntRing } from "./ring-bigint.ts";

/** A ring for a key. */
export function createRing(key: PaillierPublicKey): Ring {
  return createBigIntRing(key);
}
