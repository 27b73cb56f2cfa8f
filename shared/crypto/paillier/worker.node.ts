/** A worker thread for Paillier work: see workers.node.ts. Imports this folder, errors, random, node:worker_threads. */
import { parentPort, workerData } from "node:worker_threads";
import { isCofactorError } from "../../errors.ts";
import { secureRng } from "../../random.ts";
import { ciphertextBytes, encryptBlocks } from "./ciphertext.ts";
import type { PaillierPublicKey } from "./keys.ts";
import type { Products } from "./ring.ts";
import { createRing } from "./rings.ts";
import type { PaillierOrder, PaillierReport } from "./workers.node.ts";

const key = workerData as PaillierPublicKey;
const ring = createRing(key);
const sums = new Map<number, Products>();
const nothing = new Uint8Array(0);
/** Orders are answered one after the other. */
let last: Promise<void> = Promise.resolve();

parentPort!.on("message", (order: PaillierOrder) => {
  last = last.then(() => answer(order));
});

async function answer(order: PaillierOrder): Promise<void> {
  try {
    report({ bytes: await obey(order) });
  } catch (error) {
    // Both ends are this program: unlike a peer's, the message of an unexpected error may be told.
    const code = isCofactorError(error) ? error.code : "INTERNAL";
    report({ error: { code, message: error instanceof Error ? error.message : String(error), retryable: false } });
  }
}

function obey(order: PaillierOrder): Uint8Array | Promise<Uint8Array> {
  switch (order.kind) {
    case "encrypt":
      return encryptBlocks(key, order.blocks, order.exponentBits, secureRng);
    case "add":
      // The other end has checked the whole contribution.
      productsOf(order.sum, order.bytes.length / ciphertextBytes(key)).multiply(order.bytes);
      return nothing;
    case "export":
      return productsOf(order.sum, order.ciphertexts).result();
    case "drop":
      sums.delete(order.sum);
      return nothing;
  }
}

function productsOf(sum: number, count: number): Products {
  const products = sums.get(sum) ?? ring.createProducts(count);
  sums.set(sum, products);
  return products;
}

function report(message: PaillierReport): void {
  parentPort!.postMessage(message);
}
