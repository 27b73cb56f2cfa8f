/**
 * The randomness of ciphertexts without an exponentiation: hs^a from a fixed-base table, hs = (-x^2)^n mod n^2.
 * Imports keys, rings, pause, encoding.
 *
 * Security: with exponents a of half n's length this is Damgard, Jurik and Nielsen's variant, as secure as Paillier's for keys with
 * p = q = 3 mod 4 and gcd(p - 1, q - 1) = 2 (what generatePrivateKey makes). The option 512 rests besides on the hardness of discrete
 * logarithms with 512-bit exponents. x is drawn by the encrypting side, so no trust in the key's owner is added. Table look-ups are not
 * constant-time.
 *
 * Source: Damgard, Jurik and Nielsen 2010, section 4.2, https://doi.org/10.1007/s10207-010-0119-9; short exponents: Jost et al.
 * 2015, https://eprint.iacr.org/2015/864
 */
import type { SecureRng } from "../../random.ts";
import { bytesToBigInt } from "../encoding.ts";
import { runInSlices } from "../pause.ts";
import type { PaillierPublicKey } from "./keys.ts";
import type { PowerTable, Ring } from "./ring.ts";
import { createRing } from "./rings.ts";

/** Length of the random exponents: half of n's (the default), or 512 bits. */
export type ExponentBits = "half" | 512;

const maxTables = 4;
/** In the order of last use. Keyed by n, not by the key object: every client of a process parses the key anew. */
const tables = new Map<string, Promise<PowerTable>>();

/**
 * The table of a key, made once for each n and exponent length in a process and then shared; the last four are kept (some 20 MB each at
 * 2048 bits). Made in slices of a few milliseconds.
 *
 * @param ring the ring to make it in: by default the process's own, which alone is cached
 */
export function powerTableOf(key: PaillierPublicKey, exponentBits: ExponentBits, secure: SecureRng, ring?: Ring): Promise<PowerTable> {
  if (ring !== undefined) return createTable(ring, exponentBits, secure);
  const name = `${exponentBits} ${key.n.toString(36)}`;
  const table = tables.get(name) ?? createTable(createRing(key), exponentBits, secure);
  tables.delete(name);
  tables.set(name, table);
  table.catch(() => tables.delete(name));
  for (const oldest of tables.keys()) {
    if (tables.size <= maxTables) break;
    tables.delete(oldest);
  }
  return table;
}

function createTable(ring: Ring, exponentBits: ExponentBits, secure: SecureRng): Promise<PowerTable> {
  const { n, bits, bytes } = ring.key;
  const x = bytesToBigInt(secure.bytes(bytes + 16)) % n;
  return runInSlices(ring.buildTable(n - ((x * x) % n), exponentBits === "half" ? bits / 16 : exponentBits / 8));
}
