/**
 * The ring modulo n squared in WebAssembly: digit pairs in Montgomery form (kernel.as.ts). Imports this folder and encoding.
 *
 * A ring has one kernel for products, whose memory stays small: running products live outside and pass through it in chunks. Each table has
 * a kernel of its own, which goes when the table goes.
 */
import { bytesToBigInt, writeBigInt } from "../encoding.ts";
import { Kernel } from "./kernel.ts";
import type { PaillierPublicKey } from "./keys.ts";
import type { PowerTable, Products, Ring } from "./ring.ts";

/** Ciphertexts that pass through a kernel at once. */
const chunk = 64;
/** Exponent digits of 4 bits in one step of a power: about 2 ms at 2,048 bits. */
const stepDigits = 64;

/** The WebAssembly ring of a key. @throws where WebAssembly is missing or forbidden, or the key is beyond 8,192 bits */
export function createWasmRing(key: PaillierPublicKey): Ring {
  const kernel = new Kernel(key);
  const worker = new PairWorker(kernel, key);
  const batch = allocateBatch(kernel, key);
  return {
    name: "wasm",
    key,
    multiply: (a, b) => worker.multiply(a, b),
    power(base, exponent) {
      const steps = worker.power(base, exponent);
      for (;;) {
        const step = steps.next();
        if (step.done) return worker.take(step.value);
      }
    },
    buildTable: (root, exponentBytes) => buildTable(key, root, exponentBytes),
    createProducts: (count) => createProducts(kernel, worker, batch, key, count),
  };
}

/** Single numbers in and out of a kernel. */
class PairWorker {
  readonly #kernel: Kernel;
  readonly #key: PaillierPublicKey;
  readonly #wire: number;
  readonly #pairs: readonly [number, number];
  readonly #one: number;
  readonly #factorSquared: number;
  readonly #powers: number;
  readonly #digits: number;

  constructor(kernel: Kernel, key: PaillierPublicKey) {
    this.#kernel = kernel;
    this.#key = key;
    this.#wire = kernel.allocate(2 * key.bytes);
    this.#pairs = [kernel.allocate(kernel.pairBytes), kernel.allocate(kernel.pairBytes)];
    this.#one = kernel.allocate(kernel.pairBytes);
    this.#factorSquared = kernel.allocate(kernel.pairBytes);
    this.#powers = kernel.allocate(16 * kernel.pairBytes);
    this.#digits = kernel.allocate(stepDigits);
    this.put(this.#one, kernel.factor % key.nSquared);
    this.put(this.#factorSquared, (kernel.factor * kernel.factor) % key.nSquared);
  }

  /** The address of R mod n^2, which stands for 1. */
  get one(): number {
    return this.#one;
  }

  /** Writes a number below n^2 as a pair. */
  put(pair: number, value: bigint): void {
    const { bytes: width, n } = this.#key;
    const wire = this.#kernel.bytes(this.#wire, 2 * width);
    writeBigInt(value % n, wire, 0, width);
    writeBigInt(value / n, wire, width, width);
    this.#kernel.run.readPair(pair, this.#wire, width);
  }

  /** The number of a pair that is in Montgomery form. */
  take(pair: number): bigint {
    const { run } = this.#kernel;
    const { bytes: width, n } = this.#key;
    this.put(this.#pairs[1], 1n);
    run.multiplyPair(this.#pairs[1], pair, this.#pairs[1]);
    run.canonicalize(this.#pairs[1]);
    run.writePair(this.#wire, this.#pairs[1], width);
    const wire = this.#kernel.bytes(this.#wire, 2 * width);
    return bytesToBigInt(wire.subarray(0, width)) + bytesToBigInt(wire.subarray(width)) * n;
  }

  /** Writes a number as a pair in Montgomery form. */
  putMontgomery(pair: number, value: bigint): void {
    this.put(pair, value);
    this.#kernel.run.multiplyPair(pair, pair, this.#factorSquared);
  }

  multiply(a: bigint, b: bigint): bigint {
    const [left, right] = this.#pairs;
    this.putMontgomery(left, a);
    this.putMontgomery(right, b);
    this.#kernel.run.multiplyPair(left, left, right);
    return this.take(left);
  }

  /** The address of base^exponent in Montgomery form, valid until the next call; yields between steps. */
  *power(base: bigint, exponent: bigint): Generator<void, number, void> {
    const { run, pairBytes } = this.#kernel;
    const result = this.#pairs[0];
    this.#kernel.bytes(this.#powers, pairBytes).set(this.#kernel.bytes(this.#one, pairBytes));
    this.putMontgomery(this.#powers + pairBytes, base);
    run.fillRow(this.#powers, 16);
    this.#kernel.bytes(result, pairBytes).set(this.#kernel.bytes(this.#one, pairBytes));
    const digits = exponent.toString(16);
    for (let at = 0; at < digits.length; at += stepDigits) {
      const part = digits.slice(at, at + stepDigits);
      this.#kernel.bytes(this.#digits, part.length).set(Array.from(part, (digit) => Number.parseInt(digit, 16)));
      run.powerDigits(result, this.#powers, this.#digits, part.length);
      yield;
    }
    return result;
  }
}

/** Where a chunk of ciphertexts passes through a kernel. */
interface Batch {
  readonly wire: number;
  readonly products: number;
  readonly factor: number;
  readonly scratch: number;
}

function allocateBatch(kernel: Kernel, key: PaillierPublicKey): Batch {
  const { pairBytes } = kernel;
  return {
    wire: kernel.allocate(chunk * 2 * key.bytes),
    products: kernel.allocate(chunk * pairBytes),
    factor: kernel.allocate(pairBytes),
    scratch: kernel.allocate(2 * pairBytes),
  };
}

/** table[row][digit] = base^(digit * 256^row) in Montgomery form, base = root^n: an exponent costs one product a byte and no squaring. */
function* buildTable(key: PaillierPublicKey, root: bigint, exponentBytes: number): Generator<void, PowerTable, void> {
  const kernel = new Kernel(key);
  const worker = new PairWorker(kernel, key);
  const { run, pairBytes } = kernel;
  const rowBytes = 256 * pairBytes;
  const table = kernel.allocate(exponentBytes * rowBytes);
  const base = yield* worker.power(root, key.n);
  const copy = (to: number, from: number): void => kernel.bytes(to, pairBytes).set(kernel.bytes(from, pairBytes));
  for (let row = 0; row < exponentBytes; row++) {
    const at = table + row * rowBytes;
    copy(at, worker.one);
    if (row === 0) copy(at + pairBytes, base);
    else run.multiplyPair(at + pairBytes, at - pairBytes, at - rowBytes + pairBytes);
    run.fillRow(at, 256);
    yield;
  }
  return toPowerTable(kernel, key, table, exponentBytes);
}

function toPowerTable(kernel: Kernel, key: PaillierPublicKey, table: number, exponentBytes: number): PowerTable {
  const { run, pairBytes } = kernel;
  const width = key.bytes;
  const plain = kernel.allocate(chunk * width);
  const exponent = kernel.allocate(chunk * exponentBytes);
  const wire = kernel.allocate(chunk * 2 * width);
  const scratch = kernel.allocate(2 * pairBytes);
  return {
    exponentBytes,
    encrypt(plaintexts, exponents) {
      const count = plaintexts.length / width;
      const out = new Uint8Array(2 * width * count);
      for (let from = 0; from < count; from += chunk) {
        const part = Math.min(chunk, count - from);
        kernel.bytes(plain, part * width).set(plaintexts.subarray(from * width, (from + part) * width));
        kernel.bytes(exponent, part * exponentBytes).set(exponents.subarray(from * exponentBytes, (from + part) * exponentBytes));
        run.encryptBatch(wire, plain, exponent, part, width, table, exponentBytes, scratch);
        out.set(kernel.bytes(wire, part * 2 * width), from * 2 * width);
      }
      // Neither plaintexts nor exponents stay behind.
      kernel.bytes(plain, chunk * width).fill(0);
      kernel.bytes(exponent, chunk * exponentBytes).fill(0);
      kernel.bytes(scratch, 2 * pairBytes).fill(0);
      return out;
    },
  };
}

function createProducts(kernel: Kernel, worker: PairWorker, batch: Batch, key: PaillierPublicKey, count: number): Products {
  const { run, pairBytes, factor } = kernel;
  const width = key.bytes;
  const products = new Uint8Array(count * pairBytes);
  for (let index = 0; index < count; index++) products[index * pairBytes] = 1;
  // After k factors a product lacks R^k; multiplying by R^(k + 1) brings it back.
  let missing = factor % key.nSquared;

  function inChunks(work: (from: number, part: number) => void): void {
    for (let from = 0; from < count; from += chunk) {
      const part = Math.min(chunk, count - from);
      kernel.bytes(batch.products, part * pairBytes).set(products.subarray(from * pairBytes, (from + part) * pairBytes));
      work(from, part);
    }
  }

  return {
    multiply(ciphertexts) {
      inChunks((from, part) => {
        kernel.bytes(batch.wire, part * 2 * width).set(ciphertexts.subarray(from * 2 * width, (from + part) * 2 * width));
        run.multiplyBatch(batch.products, batch.wire, part, width, batch.scratch);
        products.set(kernel.bytes(batch.products, part * pairBytes), from * pairBytes);
      });
      missing = (missing * factor) % key.nSquared;
    },
    result() {
      const out = new Uint8Array(count * 2 * width);
      worker.put(batch.factor, missing);
      inChunks((from, part) => {
        run.finishBatch(batch.wire, batch.products, part, width, batch.factor, batch.scratch);
        out.set(kernel.bytes(batch.wire, part * 2 * width), from * 2 * width);
      });
      return out;
    },
  };
}
