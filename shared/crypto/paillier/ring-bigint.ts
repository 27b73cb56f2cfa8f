/** The ring modulo n squared in plain BigInt: works everywhere, about half as fast as WebAssembly. Imports this folder and encoding. */
import { bytesToBigInt, writeBigInt } from "../encoding.ts";
import { powerMod, powerModSteps } from "./arithmetic.ts";
import type { PaillierPublicKey } from "./keys.ts";
import type { PowerTable, Products, Ring } from "./ring.ts";

/** The BigInt ring of a key. */
export function createBigIntRing(key: PaillierPublicKey): Ring {
  const { n, nSquared } = key;
  return {
    name: "bigint",
    key,
    multiply: (a, b) => (a * b) % nSquared,
    power: (base, exponent) => powerMod(base, exponent, nSquared),
    *buildTable(root, exponentBytes) {
      let base = yield* powerModSteps(root, n, nSquared);
      const rows: bigint[][] = [];
      for (let row = 0; row < exponentBytes; row++) {
        const powers = [1n, base];
        while (powers.length < 256) powers.push((powers[powers.length - 1]! * base) % nSquared);
        rows.push(powers);
        base = (powers[255]! * base) % nSquared;
        yield;
      }
      return createTable(key, rows);
    },
    createProducts: (count) => createProducts(key, count),
  };
}

/** rows[i][d] = base^(d * 256^i): an exponent costs one product a byte and no squaring. */
function createTable(key: PaillierPublicKey, rows: readonly (readonly bigint[])[]): PowerTable {
  const { n, nSquared, bytes: width } = key;
  const exponentBytes = rows.length;
  return {
    exponentBytes,
    encrypt(plaintexts, exponents) {
      const count = plaintexts.length / width;
      const out = new Uint8Array(2 * width * count);
      for (let index = 0; index < count; index++) {
        let mask = 1n;
        for (let row = 0; row < exponentBytes; row++) mask = (mask * rows[row]![exponents[index * exponentBytes + row]!]!) % nSquared;
        // (1 + m n) * mask keeps the low digit and adds m times it to the high one.
        const low = mask % n;
        const message = bytesToBigInt(plaintexts.subarray(index * width, (index + 1) * width));
        writeBigInt(low, out, 2 * width * index, width);
        writeBigInt((mask / n + message * low) % n, out, 2 * width * index + width, width);
      }
      return out;
    },
  };
}

function createProducts(key: PaillierPublicKey, count: number): Products {
  const { n, nSquared, bytes: width } = key;
  const products = new Array<bigint>(count).fill(1n);
  return {
    multiply(ciphertexts) {
      for (let index = 0; index < count; index++) {
        const at = 2 * width * index;
        const low = bytesToBigInt(ciphertexts.subarray(at, at + width));
        const high = bytesToBigInt(ciphertexts.subarray(at + width, at + 2 * width));
        products[index] = (products[index]! * (low + high * n)) % nSquared;
      }
    },
    result() {
      const out = new Uint8Array(2 * width * count);
      for (let index = 0; index < count; index++) {
        writeBigInt(products[index]! % n, out, 2 * width * index, width);
        writeBigInt(products[index]! / n, out, 2 * width * index + width, width);
      }
      return out;
    },
  };
}
