/**
 * Raising many ciphertexts to a share on worker threads, since one takes some 13 ms at 2,048 bits. Node only. Imports this folder, node:.
 *
 * Workers live for one batch: no thread and no copy of the share outlasts it. What a worker fails with is not repeated, since nothing of the
 * share may reach a log.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { integer } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import { ciphertextBytes } from "./ciphertext.ts";
import { opensslPower } from "./openssl-power.node.ts";
import type { KeyShare, ThresholdKey } from "./threshold-key.ts";
import { createPartialDecryptor, createRaiser, type PartialDecryptor, type Raiser } from "./threshold-part.ts";

/** How a batch is divided. */
export interface WorkerOptions {
  /** Threads for a large batch; by default as many as the machine has processors. 1 works in the calling thread. */
  readonly workers?: number;
  /** Ciphertexts a worker at least: fewer are not worth a thread's start. Default 16. */
  readonly perWorker?: number;
}

/** What a worker is told: its ciphertexts and what to raise them with. */
export interface RaiseOrder {
  readonly key: ThresholdKey;
  readonly index: number;
  readonly secret: bigint;
  readonly ciphertexts: Uint8Array;
}

/** What a worker answers: the powers, or nothing when it failed. */
export type RaiseReport = Uint8Array | undefined;

/** What a holder in Node opens with: OpenSSL's powers, on worker threads where there are enough ciphertexts. */
export function createNodePartialDecryptor(key: ThresholdKey, share: KeyShare, options: WorkerOptions = {}): PartialDecryptor {
  return createPartialDecryptor(key, share, { power: opensslPower, raise: createWorkerRaiser(key, share, options) });
}

/**
 * Raises by OpenSSL on worker threads.
 * Guarantees: the same bytes for any number of workers; all workers have ended when the promise settles, also when one fails.
 * @throws CofactorError INTERNAL when a worker fails, without its reason; RangeError for less than one worker or ciphertext
 */
export function createWorkerRaiser(key: ThresholdKey, share: KeyShare, options: WorkerOptions = {}): Raiser {
  const most = integer(options.workers ?? availableParallelism(), 1, 256, "workers");
  const perWorker = integer(options.perWorker ?? 16, 1, Number.MAX_SAFE_INTEGER, "perWorker");
  const local = createRaiser(key, share, opensslPower);
  const wire = ciphertextBytes(key.publicKey);
  return async (ciphertexts) => {
    const count = ciphertexts.length / wire;
    const workers = Math.min(most, Math.floor(count / perWorker));
    if (workers <= 1) return local(ciphertexts);
    const bounds = Array.from({ length: workers + 1 }, (_, at) => Math.floor((at * count) / workers) * wire);
    const threads = Array.from({ length: workers }, startWorker);
    try {
      const { index, secret } = share;
      const raised = await Promise.all(
        threads.map((thread, at) =>
          order(thread, { key, index, secret, ciphertexts: ciphertexts.slice(bounds[at], bounds[at + 1]) } satisfies RaiseOrder),
        ),
      );
      const out = new Uint8Array(ciphertexts.length);
      for (const [at, part] of raised.entries()) out.set(part, bounds[at]!);
      return out;
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
  };
}

function startWorker(): Worker {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new Worker(new URL(`./partial-worker.node.${ending}`, import.meta.url));
}

/** Gives a worker its order and takes its answer. */
function order(thread: Worker, message: RaiseOrder): Promise<Uint8Array> {
  const { length } = message.ciphertexts;
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new CofactorError("INTERNAL", "a worker thread failed while it raised ciphertexts"));
    thread.once("message", (report: RaiseReport) => {
      if (report?.length === length) resolve(report);
      else fail();
    });
    thread.once("error", fail);
    thread.once("exit", fail);
    thread.postMessage(message, [message.ciphertexts.buffer as ArrayBuffer]);
  });
}
