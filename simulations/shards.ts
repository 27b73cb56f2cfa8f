/** The shards of a simulation: one in this thread, or several in worker threads. Imports node:worker_threads. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { fromWireError, type WireError } from "../shared/errors.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import type { Run } from "../shared/run.ts";
import { type CrowdSum, mergeCrowds } from "./adversaries/crowd.ts";
import { type Block, type BlockCrowd, type BlockSum, Shard, type ShardData, type StageOrder } from "./shard.ts";

/** Devices, wherever they run. */
export interface Shards {
  /**
   * Has devices answer a stage and hands over the blocks' sums, ascending by block, each as soon as it is its turn.
   * @param users ascending
   * @param asking what the aggregator asks a device with, and the group that it is in
   * @throws what a device's or a worker's failure was
   */
  answer(order: StageOrder, users: Int32Array, asking: Asking, onSum: (sum: BlockSum) => void): Promise<void>;
  /**
   * What devices would send in this round if they were honest, added up in the order of the blocks.
   * @param users ascending
   * @returns undefined for nobody
   */
  survey(order: StageOrder, users: Int32Array): Promise<CrowdSum | undefined>;
  settle(isPublished: boolean): void;
  /** As `Shard.reveal`; only in this thread. */
  reveal(training: RatingMatrix): void;
  /** As `Shard.dueOf`; only in this thread. */
  dueOf: Shard["dueOf"];
  /** The part that a device has trained, where it has and where it is in this thread. */
  partOf(user: number): PrivatePart | undefined;
  close(): Promise<void>;
}

/** What devices are asked with. */
export interface Asking {
  brief(user: number): Uint8Array;
  /** Left out where the cohort is one group. */
  groupOf?: ((user: number) => number) | undefined;
}

/** What a worker is started with. */
export interface WorkerSetup {
  readonly terms: object;
  readonly data: ShardData;
  readonly seed: number;
}

/** To a worker. */
export type WorkerOrder =
  | { readonly kind: "answer" | "survey"; readonly order: StageOrder; readonly blocks: readonly Block[] }
  | { readonly kind: "settle"; readonly isPublished: boolean };

/** From a worker: what a block came to, or why to nothing. */
export type WorkerReport = { readonly report: BlockSum | BlockCrowd } | { readonly error: WireError };

/** What a round makes and drops again may take at most, in each worker: the default lets it grow to hundreds of megabytes. */
const youngMb = 24;

/** Devices in this thread (`workers` 1) or spread over worker threads. Results are the same for any number of workers. */
export function createShards(run: Run, data: ShardData, seed: number, workers: number): Shards {
  return workers <= 1 ? createLocalShards(run, data, seed) : new WorkerShards(run, data, seed, workers);
}

function createLocalShards(run: Run, data: ShardData, seed: number): Shards {
  const shard = new Shard(run, data, seed);
  return {
    async answer(order, users, asking, onSum) {
      for (const block of toBlocks(users, data.training.users)) {
        onSum(await shard.answer(order, askedOf(block, asking)));
        // Signals and timers get their turn.
        await nextTurn();
      }
    },
    async survey(order, users) {
      let sum: CrowdSum | undefined;
      for (const block of toBlocks(users, data.training.users)) {
        sum = merged(sum, await shard.survey(order, block));
        await nextTurn();
      }
      return sum;
    },
    settle: (isPublished) => shard.settle(isPublished),
    reveal: (training) => shard.reveal(training),
    dueOf: (order, users) => shard.dueOf(order, users),
    partOf: (user) => shard.partOf(user),
    close: async () => undefined,
  };
}

function merged(sum: CrowdSum | undefined, { crowd }: BlockCrowd): CrowdSum {
  return sum === undefined ? crowd : mergeCrowds(sum, crowd);
}

/** A stage under way in the workers. */
interface Pending {
  /** Blocks whose reports are to come, ascending. */
  readonly blocks: readonly Block[];
  /** Reports that came before their turn. */
  readonly early: Map<number, BlockSum | BlockCrowd>;
  next: number;
  readonly onReport: (report: BlockSum | BlockCrowd) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class WorkerShards implements Shards {
  readonly #workers: Worker[];
  readonly #users: number;
  #pending: Pending | undefined;
  #failure: unknown;

  constructor(run: Run, { training, heldOut, roles }: ShardData, seed: number, workers: number) {
    const file = new URL(`./shard-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url);
    const data = { training: shareMatrix(training), roles, ...(heldOut === undefined ? {} : { heldOut: shareMatrix(heldOut) }) };
    const workerData: WorkerSetup = { terms: run.terms, data, seed };
    this.#users = training.users;
    this.#workers = Array.from(
      { length: workers },
      () => new Worker(file, { workerData, resourceLimits: { maxYoungGenerationSizeMb: youngMb } }),
    );
    for (const worker of this.#workers) {
      worker.on("message", (report: WorkerReport) => this.#take(report));
      worker.on("error", (error) => this.#fail(error));
    }
  }

  async answer(order: StageOrder, users: Int32Array, asking: Asking, onSum: (sum: BlockSum) => void): Promise<void> {
    const blocks = toBlocks(users, this.#users).map((block) => askedOf(block, asking));
    await this.#carryOut("answer", order, blocks, (report) => onSum(report as BlockSum));
  }

  async survey(order: StageOrder, users: Int32Array): Promise<CrowdSum | undefined> {
    let sum: CrowdSum | undefined;
    await this.#carryOut("survey", order, toBlocks(users, this.#users), (report) => {
      sum = merged(sum, report as BlockCrowd);
    });
    return sum;
  }

  async #carryOut(
    kind: "answer" | "survey",
    order: StageOrder,
    blocks: readonly Block[],
    onReport: (report: BlockSum | BlockCrowd) => void,
  ): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (blocks.length === 0) return;
    const shared = new Float64Array(new SharedArrayBuffer(order.shared.byteLength));
    shared.set(order.shared);
    await new Promise<void>((resolve, reject) => {
      this.#pending = { blocks, early: new Map(), next: 0, onReport, resolve, reject };
      for (const [index, worker] of this.#workers.entries()) {
        // A block always goes to the same worker: its devices' private parts are there.
        const own = blocks.filter(({ block }) => block % this.#workers.length === index);
        if (own.length > 0) worker.postMessage({ kind, order: { ...order, shared }, blocks: own } satisfies WorkerOrder);
      }
    });
  }

  settle(isPublished: boolean): void {
    for (const worker of this.#workers) worker.postMessage({ kind: "settle", isPublished } satisfies WorkerOrder);
  }

  reveal(): never {
    throw new TypeError("ratings that arrive expected one worker");
  }

  dueOf(): never {
    throw new TypeError("devices that are due expected one worker");
  }

  partOf(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #take(report: WorkerReport): void {
    if ("error" in report) {
      this.#fail(fromWireError(report.error));
      return;
    }
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.early.set(report.report.block, report.report);
    for (let block = pending.blocks[pending.next]; block !== undefined; block = pending.blocks[++pending.next]) {
      const next = pending.early.get(block.block);
      if (next === undefined) return;
      pending.early.delete(block.block);
      pending.onReport(next);
    }
    this.#pending = undefined;
    pending.resolve();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#pending?.reject(this.#failure);
    this.#pending = undefined;
  }
}

/** A block with its devices' briefs, unless all of them are empty, and their groups, where there are several. */
function askedOf(block: Block, { brief, groupOf }: Asking): Block {
  const briefs = Array.from(block.users, brief);
  const isSilent = briefs.every(({ length }) => length === 0);
  return {
    ...block,
    ...(isSilent ? {} : { briefs }),
    ...(groupOf === undefined ? {} : { groups: block.users.map(groupOf) }),
  };
}

/**
 * Ascending users cut into blocks of fixed ranges of people: the unit in which sums are made, so that results do not depend on the
 * number of workers. At least 64 people a block, and no more than 64 blocks, whatever the population.
 */
export function toBlocks(users: Int32Array, population: number): Block[] {
  const size = Math.max(64, Math.ceil(population / 64));
  const blocks: Block[] = [];
  for (let from = 0; from < users.length; ) {
    const block = Math.floor(users[from]! / size);
    let to = from + 1;
    while (to < users.length && Math.floor(users[to]! / size) === block) to += 1;
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
