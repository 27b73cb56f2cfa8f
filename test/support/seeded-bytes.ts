/** A repeatable stand-in for the CSPRNG, for tests that must see the same noise twice. Imports random. */
import { createRng, type SecureRng, type StreamKey } from "../../shared/random.ts";

/** A source of bytes that has the type of the platform's, but a seed. */
export function seededBytes(seed: number, ...keys: readonly StreamKey[]): SecureRng {
  const rng = createRng(seed, "bytes", ...keys);
  return {
    kind: "secure",
    bytes(length) {
      const out = new Uint8Array(length);
      for (let i = 0; i < length; i++) out[i] = rng.below(256);
      return out;
    },
  };
}
