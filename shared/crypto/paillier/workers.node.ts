/**
 * Paillier work spread over worker threads, in Node: encryption of many blocks, and sums of many contributions, each split by ciphertext.
 * Imports this folder, encoding, errors, node:worker_threads.
 */
import { Worker } from "node:worker_threads";
import { fromWireError, type WireError } from "../../errors.ts";
import { concatenate } from "../encoding.ts";
import { assertInvertible, ciphertextBytes } from "./ciphertext.ts";
import { createCiphertextCheck } from "./ciphertext-check.ts";
import type { PaillierPublicKey } from "./keys.ts";
import type { ExponentBits } from "./randomizer.ts";

/** Orders under way in each worker before a caller waits: enough that none idles, few enough that memory stays small. */
const mostAhead = 4;

/** To a worker; it answers each in turn. */
export type PaillierOrder =
  | { readonly kind: "encrypt"; readonly blocks: Uint8Array; readonly exponentBits: ExponentBits }
  | { readonly kind: "add"; readonly sum: number; readonly bytes: Uint8Array }
  | { readonly kind: "export"; readonly sum: number; readonly ciphertexts: number }
  | { readonly kind: "drop"; readonly sum: number };

/** From a worker: the result, empty where there is none to tell, or why it failed. */
export type PaillierReport = { readonly bytes: Uint8Array } | { readonly error: WireError };

/** A sum whose ciphertexts are spread over workers. */
export interface SpreadSum {
  /**
   * Adds a contribution; settles when the next may come, possibly before the work is done.
   *
   * Guarantees: checked before anything is added (`CiphertextSum.check`), so that refused bytes leave the sum as it was.
   * @throws CofactorError as `CiphertextSum.add`
   */
  add(bytes: Uint8Array): Promise<void>;
  /** The sum in wire form, the same bytes as those of one CiphertextSum. @throws CofactorError as `CiphertextSum.export` */
  export(): Promise<Uint8Array>;
  /** Frees what the workers hold of it. */
  drop(): Promise<void>;
}

/** Worker threads for one key. */
export interface PaillierWorkers {
  /** As `encryptBlocks`, with the randomness of each worker's own CSPRNG. */
  encrypt(blocks: Uint8Array, exponentBits: ExponentBits): Promise<Uint8Array>;
  /** An empty sum of contributions of so many ciphertexts. */
  createSum(ciphertexts: number): SpreadSum;
  /** Ends the threads; what is under way fails. */
  close(): Promise<void>;
}

/** Starts `count` worker threads. The process stays until they are closed. */
export function startPaillierWorkers(key: PaillierPublicKey, count: number): PaillierWorkers {
  const threads = Array.from({ length: count }, () => new Thread(key));
  let sums = 0;
  return {
    async encrypt(blocks, exponentBits) {
      const parts = split(blocks, key.bytes, threads.length);
      const sealed = await Promise.all(parts.map((part, at) => threads[at]!.ask({ kind: "encrypt", blocks: part, exponentBits })));
      return concatenate(...sealed);
    },
    createSum: (ciphertexts) => createSum(key, threads, sums++, ciphertexts),
    close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
  };
}

function createSum(key: PaillierPublicKey, threads: readonly Thread[], sum: number, ciphertexts: number): SpreadSum {
  const check = createCiphertextCheck(key);
  const width = ciphertextBytes(key);
  return {
    async add(bytes) {
      check(bytes, ciphertexts);
      const parts = split(bytes, width, threads.length);
      await Promise.all(parts.map((part, at) => threads[at]!.post({ kind: "add", sum, bytes: part })));
    },
    async export() {
      const counts = threads.map((_, at) => share(ciphertexts, threads.length, at + 1) - share(ciphertexts, threads.length, at));
      const parts = await Promise.all(threads.map((thread, at) => thread.ask({ kind: "export", sum, ciphertexts: counts[at]! })));
      const bytes = concatenate(...parts);
      assertInvertible(key, bytes);
      return bytes;
    },
    drop: async () => void (await Promise.all(threads.map((thread) => thread.ask({ kind: "drop", sum })))),
  };
}

/** Where the part of worker `at` begins: parts differ by at most one. */
function share(total: number, workers: number, at: number): number {
  return Math.floor((total * at) / workers);
}

/** Bytes in runs of whole units, one for each worker. */
function split(bytes: Uint8Array, unit: number, workers: number): Uint8Array[] {
  const units = Math.ceil(bytes.length / unit);
  return Array.from({ length: workers }, (_, at) => bytes.slice(share(units, workers, at) * unit, share(units, workers, at + 1) * unit));
}

interface Pending {
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

/** A worker thread and the orders it has yet to answer. */
class Thread {
  readonly #worker: Worker;
  readonly #pending: Pending[] = [];
  readonly #asked: Promise<Uint8Array>[] = [];
  #failure: unknown;

  constructor(key: PaillierPublicKey) {
    const file = new URL(`./worker.node.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
    this.#worker = new Worker(file, { workerData: key });
    this.#worker.on("message", (report: PaillierReport) => {
      const order = this.#pending.shift()!;
      if ("bytes" in report) order.resolve(report.bytes);
      else order.reject(fromWireError(report.error));
    });
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the worker thread has ended")));
  }

  /** The answer to an order. The order's bytes are handed over. */
  ask(order: PaillierOrder): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#pending.push({ resolve, reject });
      this.#worker.postMessage(order, "bytes" in order ? [order.bytes.buffer as ArrayBuffer] : []);
    });
  }

  /** Gives an order; settles when no more than a few are under way. What fails meanwhile is thrown here or by a later order. */
  async post(order: PaillierOrder): Promise<void> {
    const answer = this.ask(order);
    answer.catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#asked.push(answer);
    if (this.#asked.length > mostAhead) await this.#asked.shift();
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.splice(0)) reject(this.#failure);
  }
}
