/**
 * A shard of simulated devices: their ratings, their private parts, and the device's and a gateway's half of the protection. Runs in
 * the main thread or in a worker; the same code either way. Imports shared.
 */
import { isCofactorError } from "../shared/errors.ts";
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import type { AggregatorHalf } from "../shared/protections/protection.ts";
import { createRng, secureRng } from "../shared/random.ts";
import { type Run, roundFrame } from "../shared/run.ts";

/** A block's part of a round. */
export interface BlockSum {
  readonly block: number;
  /** The aggregator half's export. */
  readonly part: Uint8Array;
  /** Bytes of sealed contributions, refused ones included. */
  readonly bytesUp: number;
  /** Whose contribution was refused, by the aggregator's half or already by the device's own. */
  readonly refused: readonly number[];
  /** [devices of the block] milliseconds that each took. */
  readonly deviceMs: Float64Array;
}

/** Devices of one worker. */
export class Shard {
  readonly #run: Run;
  readonly #training: RatingMatrix;
  readonly #seed: number;
  /** Only devices that have trained have an entry: a dormant device costs nothing but its ratings. */
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
    if (this.#opened?.round !== round) this.#opened = { round, shared: this.#run.model.open(shared) };
    const aggregator = this.#run.protection.createAggregator(roundFrame(this.#run, round));
    const deviceMs = new Float64Array(users.length);
    const refused: number[] = [];
    let bytesUp = 0;
    for (let at = 0; at < users.length; at++) {
      const user = users[at]!;
      const startedMs = performance.now();
      const part = this.#train(round, user);
      const { bytes, isAccepted } = await this.#handIn(round, aggregator, user);
      deviceMs[at] = performance.now() - startedMs;
      bytesUp += bytes;
      if (isAccepted) this.#candidates.set(user, part);
      else refused.push(user);
    }
    return { block, part: aggregator.export(), bytesUp, refused, deviceMs };
  }

  /** Trains one device; its contribution is in `#values`. */
  #train(round: number, user: number): PrivatePart {
    const { model } = this.#run;
    const ratings = ratingsOf(this.#training, user);
    const initial = this.#parts.get(user) ?? model.createPrivate(ratings, createRng(this.#seed, "private", user));
    const rng = createRng(this.#seed, "contribute", round, user);
    return model.contribute(this.#opened!.shared, initial, ratings, rng, this.#values).private;
  }

  /** Seals `#values` and hands them in; `bytes` is what was sent, 0 when the device's own half refused. */
  async #handIn(round: number, aggregator: AggregatorHalf, user: number): Promise<{ bytes: number; isAccepted: boolean }> {
    const { protection } = this.#run;
    const stage = protection.contributionStage;
    const client = String(user);
    let bytes = 0;
    try {
      const answer = await protection.createDevice(roundFrame(this.#run, round), secureRng).answer(stage, noBrief, this.#values);
      bytes = answer.length;
      aggregator.admit(stage, client, answer);
      aggregator.combine(stage, client, answer);
      return { bytes, isAccepted: true };
    } catch (error) {
      if (!isCofactorError(error) || error.code === "INTERNAL") throw error;
      return { bytes, isAccepted: false };
    }
  }

  /** The round is over: private parts of a published round are kept, those of an abandoned one forgotten. */
  settle(isPublished: boolean): void {
    if (isPublished) for (const [user, part] of this.#candidates) this.#parts.set(user, part);
    this.#candidates.clear();
  }
}

const noBrief = new Uint8Array(0);
