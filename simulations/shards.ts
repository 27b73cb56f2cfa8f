/** The shards of a simulation: one in this thread, or several in worker threads. Imports node:worker_threads. */
import { Worker } from "node:worker_threads";
import { CofactorError } from "../shared/errors.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import type { Run } from "../shared/run.ts";
import { type BlockSum, blockSize, Shard } from "./shard.ts";

/** Devices, wherever they run. */
export interface Shards {
  /** Has devices contribute; the blocks' sums in ascending order of blocks. @param users ascending */
  contribute(round: number, shared: Float64Array, users: Int32Array): Promise<BlockSum[]>;
  settle(isPublished: boolean): void;
  close(): Promise<void>;
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly terms: object;
  readonly training: RatingMatrix;
  readonly seed: number;
}

/** To a worker. */
export type WorkerOrder =
  | {
      readonly kind: "contribute";
      readonly round: number;
      readonly shared: Float64Array;
      readonly blocks: readonly { readonly block: number; readonly users: Int32Array }[];
    }
  | { readonly kind: "settle"; readonly isPublished: boolean };

/** From a worker. */
export type WorkerReport = { readonly sums: readonly BlockSum[] } | { readonly code: string; readonly message: string };

/** Devices in this thread (`workers` 1) or spread over worker threads. Results are the same for any number of workers. */
export function createShards(run: Run, training: RatingMatrix, seed: number, workers: number): Shards {
  return workers <= 1 ? createLocalShards(run, training, seed) : new WorkerShards(run, training, seed, workers);
}

function createLocalShards(run: Run, training: RatingMatrix, seed: number): Shards {
  const shard = new Shard(run, training, seed);
  return {
    async contribute(round, shared, users) {
      const sums: BlockSum[] = [];
      for (const { block, users: members } of toBlocks(users)) sums.push(await shard.contribute(round, shared, block, members));
      return sums;
    },
    settle: (isPublished) => shard.settle(isPublished),
    close: async () => undefined,
  };
}

class WorkerShards implements Shards {
  readonly #workers: Worker[];

  constructor(run: Run, training: RatingMatrix, seed: number, workers: number) {
    const file = new URL(`./shard-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
    const workerData: WorkerSetup = { terms: run.terms, training: shareMatrix(training), seed };
    this.#workers = Array.from({ length: workers }, () => new Worker(file, { workerData }));
  }

  async contribute(round: number, shared: Float64Array, users: Int32Array): Promise<BlockSum[]> {
    const blocks = toBlocks(users);
    const sharedCopy = new Float64Array(new SharedArrayBuffer(shared.byteLength));
    sharedCopy.set(shared);
    const parts = await Promise.all(
      this.#workers.map((worker, index) => {
        // A block always goes to the same worker: its devices' private parts are there.
        const own = blocks.filter(({ block }) => block % this.#workers.length === index);
        return own.length === 0 ? [] : ask(worker, { kind: "contribute", round, shared: sharedCopy, blocks: own });
      }),
    );
    return parts.flat().sort((a, b) => a.block - b.block);
  }

  settle(isPublished: boolean): void {
    for (const worker of this.#workers) worker.postMessage({ kind: "settle", isPublished } satisfies WorkerOrder);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

function ask(worker: Worker, order: WorkerOrder): Promise<readonly BlockSum[]> {
  return new Promise((resolve, reject) => {
    const done = (report: WorkerReport): void => {
      worker.off("error", failed);
      if ("sums" in report) resolve(report.sums);
      else reject(new CofactorError("INTERNAL", `a simulation worker failed: ${report.code}: ${report.message}`));
    };
    const failed = (error: Error): void => {
      worker.off("message", done);
      reject(error);
    };
    worker.once("message", done);
    worker.once("error", failed);
    worker.postMessage(order);
  });
}

/** Ascending users cut into blocks of fixed ranges of indices. */
function toBlocks(users: Int32Array): { readonly block: number; readonly users: Int32Array }[] {
  const blocks: { readonly block: number; readonly users: Int32Array }[] = [];
  for (let from = 0; from < users.length; ) {
    const block = Math.floor(users[from]! / blockSize);
    let to = from + 1;
    while (to < users.length && Math.floor(users[to]! / blockSize) === block) to += 1;
    blocks.push({ block, users: users.slice(from, to) });
    from = to;
  }
  return blocks;
}

/** A matrix whose arrays all workers read without a copy. */
function shareMatrix(matrix: RatingMatrix): RatingMatrix {
  const rowStart = new Int32Array(new SharedArrayBuffer(matrix.rowStart.byteLength));
  rowStart.set(matrix.rowStart);
  const itemIndex = new Int32Array(new SharedArrayBuffer(matrix.itemIndex.byteLength));
  itemIndex.set(matrix.itemIndex);
  const values = new Float64Array(new SharedArrayBuffer(matrix.values.byteLength));
  values.set(matrix.values);
  return { users: matrix.users, items: matrix.items, rowStart, itemIndex, values };
}
