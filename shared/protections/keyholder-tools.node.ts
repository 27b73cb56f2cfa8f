/** What Node brings for keyholders: OpenSSL's exponentiation, and worker threads for many ciphertexts. Imports crypto. */
import { drawPrime, drawSafePrime, opensslPower } from "../crypto/paillier/openssl-power.node.ts";
import { createWorkerRaiser } from "../crypto/paillier/partial-workers.node.ts";
import type { KeyholderTools, PrimeSource } from "./protection.ts";

/** The tools of a keyholder in Node. */
export const nodeKeyholderTools: KeyholderTools = { power: opensslPower, createRaiser: (key, share) => createWorkerRaiser(key, share) };

/** Primes from OpenSSL's CSPRNG. */
export const nodePrimes: PrimeSource = (bits, options) => (options?.safe === true ? drawSafePrime(bits) : drawPrime(bits));
