/**
 * A shard of simulated devices: their ratings, their private parts, and the device's and a gateway's half of the protection. Runs in
 * the main thread or in a worker; the same code either way. Imports shared.
 */
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import { createRng, secureRng } from "../shared/random.ts";
import { type Run, roundFrame } from "../shared/run.ts";

/** People per block: the unit in which sums are made, so that results do not depend on the number of workers. */
export const blockSize = 64;

/** A block's part of a round. */
export interface BlockSum {
  readonly block: number;
  /** The aggregator half's export. */
  readonly part: Uint8Array;
  /** Bytes of sealed contributions. */
  readonly bytesUp: number;
  /** Milliseconds that the slowest device of the block took. */
  readonly slowestMs: number;
}

/** Devices of one worker. */
export class Shard {
  readonly #run: Run;
  readonly #training: RatingMatrix;
  readonly #seed: number;
  readonly #parts = new Map<number, PrivatePart>();
  readonly #candidates = new Map<number, PrivatePart>();
  readonly #values: Float64Array;
  #opened: { readonly round: number; readonly shared: unknown } | undefined;

  constructor(run: Run, training: RatingMatrix, seed: number) {
    this.#run = run;
    this.#training = training;
    this.#seed = seed;
    this.#values = new Float64Array(run.contributionSize);
  }

  /** Has the devices of one block contribute, in ascending order, and sums them as a gateway would. */
  async contribute(round: number, shared: Float64Array, block: number, users: Int32Array): Promise<BlockSum> {
    const run = this.#run;
    const { protection, model } = run;
    if (this.#opened?.round !== round) this.#opened = { round, shared: model.open(shared) };
    const frame = roundFrame(run, round);
    const stage = protection.contributionStage;
    const aggregator = protection.createAggregator(frame);
    let bytesUp = 0;
    let slowestMs = 0;
    for (const user of users) {
      const started = performance.now();
      const ratings = ratingsOf(this.#training, user);
      const initial = this.#parts.get(user) ?? model.createPrivate(ratings, createRng(this.#seed, "private", user));
      const rng = createRng(this.#seed, "contribute", round, user);
      const { private: part } = model.contribute(this.#opened.shared, initial, ratings, rng, this.#values);
      this.#candidates.set(user, part);
      const answer = await protection.createDevice(frame, secureRng).answer(stage, noBrief, this.#values);
      slowestMs = Math.max(slowestMs, performance.now() - started);
      bytesUp += answer.length;
      const client = String(user);
      aggregator.admit(stage, client, answer);
      aggregator.combine(stage, client, answer);
    }
    return { block, part: aggregator.export(), bytesUp, slowestMs };
  }

  /** The round is over: private parts of a published round are kept, those of an abandoned one forgotten. */
  settle(isPublished: boolean): void {
    if (isPublished) for (const [user, part] of this.#candidates) this.#parts.set(user, part);
    this.#candidates.clear();
  }

  /** A person's trained private part. */
  partOf(user: number): PrivatePart | undefined {
    return this.#parts.get(user);
  }
}

const noBrief = new Uint8Array(0);
