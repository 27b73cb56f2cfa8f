/**
 * A shard of simulated devices: their ratings, their private parts, and the device's and a gateway's half of the protection. Runs in
 * the main thread or in a worker; the same code either way. Imports shared.
 */
import { type ErrorCode, isCofactorError } from "../shared/errors.ts";
import { createJudge, type Judge } from "../shared/evaluation/judge.ts";
import type { HeldOutOutcome } from "../shared/evaluation/metrics.ts";
import { type RatingMatrix, ratingsOf, type UserRatings } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import type { AggregatorHalf, DeviceHalf, RoundFrame } from "../shared/protections/protection.ts";
import { createRng, simulationRng } from "../shared/random.ts";
import { type OutgoingRandomness, outgoingOf, type Run, roundFrame } from "../shared/run.ts";
import type { Crowd } from "./adversaries/adversary.ts";
import { type CrowdSum, emptyCrowd, withVector } from "./adversaries/crowd.ts";
import { Cast, type Roles } from "./cast.ts";
import { inRows } from "./catalogued-people.ts";
import { simulatedId, simulatedTools } from "./simulated-tools.ts";

/** A stage of a round, for every device. */
export interface StageOrder {
  readonly round: number;
  readonly stage: number;
  readonly shared: Float64Array;
  /** [items of the data] the row of each in the model's table, -1 where it has none; left out where items are rows. */
  readonly rowOf?: Int32Array | undefined;
  /** By part of the cast, what its devices know of this round's vectors. */
  readonly crowds?: readonly (Crowd | undefined)[];
}

/** Devices of one block that are asked, ascending, and what each is asked with; without briefs, nothing. */
export interface Block {
  readonly block: number;
  readonly users: Int32Array;
  readonly briefs?: readonly Uint8Array[];
  /** [users] the group of each; left out where the cohort is one. */
  readonly groups?: Int32Array;
}

/** A block's part of a stage. */
export interface BlockSum {
  readonly block: number;
  /** Who was asked. */
  readonly users: Int32Array;
  /** What the aggregator's half of each group exported. */
  readonly parts: readonly GroupPart[];
  /** Bytes of answers, refused ones included. */
  readonly bytesUp: number;
  /** Whose answer was refused, by the aggregator's half or already by the device's own, and why. */
  readonly refused: readonly Refusal[];
  /** [users] milliseconds that each took. */
  readonly deviceMs: Float64Array;
  /** Over the devices: what the places of their contributions tell, in bits; 0 where they tell nothing. */
  readonly revealedBits: number;
}

/** An answer that was refused. */
export interface Refusal {
  readonly user: number;
  readonly code: ErrorCode;
}

/** What the devices of one block would send if they were honest, added up. */
export interface BlockCrowd {
  readonly block: number;
  readonly crowd: CrowdSum;
}

/** One group's part of a block. */
export interface GroupPart {
  readonly group: number;
  readonly bytes: Uint8Array;
}

/** What the devices of a simulation have. */
export interface ShardData {
  readonly training: RatingMatrix;
  /** What each keeps aside, where the terms have devices judge the model; of the same people and items. */
  readonly heldOut?: RatingMatrix | undefined;
  /** Which devices are not honest; left out where all are. */
  readonly roles?: Roles | undefined;
}

/** Devices of one worker. */
export class Shard {
  readonly #run: Run;
  #training: RatingMatrix;
  readonly #heldOut: RatingMatrix | undefined;
  readonly #judge: Judge | undefined;
  readonly #seed: number;
  readonly #cast: Cast | undefined;
  /** Only devices that have trained have an entry: a dormant device costs nothing but its ratings. */
  readonly #parts = new Map<number, PrivatePart>();
  readonly #candidates = new Map<number, PrivatePart>();
  /** The devices' halves of protections with several stages, from stage to stage. */
  readonly #halves = new Map<number, DeviceHalf>();
  readonly #values: Float64Array;
  #outgoing: Float64Array;
  /** What the places of `#outgoing` tell, in bits. */
  #revealed = 0;
  #opened: { readonly round: number; readonly shared: unknown } | undefined;

  constructor(run: Run, { training, heldOut, roles }: ShardData, seed: number) {
    this.#run = run;
    this.#training = training;
    this.#heldOut = heldOut;
    const { evaluation, model, terms } = run;
    this.#judge = evaluation && createJudge({ model, items: terms.items, metrics: evaluation.metrics, ratingRange: terms.ratings.range });
    this.#seed = seed;
    this.#cast = roles && new Cast(roles, { run, training, seed });
    this.#values = new Float64Array(run.contributionSize);
    this.#outgoing = this.#values;
  }

  /** Has the devices of one block answer a stage, in ascending order, and takes the answers in as a gateway would. */
  async answer({ round, stage, shared, rowOf, crowds }: StageOrder, { block, users, briefs, groups }: Block): Promise<BlockSum> {
    const { protection, sharing } = this.#run;
    this.#open(round, shared);
    const gateways = new Map<number, Gateway>();
    const deviceMs = new Float64Array(users.length);
    const refused: Refusal[] = [];
    let bytesUp = 0;
    let revealedBits = 0;
    for (let at = 0; at < users.length; at++) {
      const user = users[at]!;
      const startedMs = performance.now();
      const part = stage === protection.contributionStage ? await this.#train(round, user, rowOf) : undefined;
      if (part !== undefined) revealedBits += this.#revealed;
      if (part !== undefined) this.#cast?.distort(user, round, this.#outgoing, sharing.scattered?.places ?? 0, crowds);
      const group = groups?.[at] ?? 0;
      const gateway = gateways.get(group) ?? (await this.#gateway(round, group));
      gateways.set(group, gateway);
      const { bytes, refusal } = await this.#handIn(gateway, stage, user, briefs?.[at] ?? noBrief);
      deviceMs[at] = performance.now() - startedMs;
      bytesUp += bytes;
      if (refusal !== undefined) refused.push({ user, code: refusal });
      else if (part !== undefined) this.#candidates.set(user, part);
    }
    const parts = [...gateways].map(([group, { aggregator }]) => ({ group, bytes: aggregator.export() }));
    return { block, users, parts, bytesUp, refused, deviceMs, revealedBits };
  }

  /** Adds up what the devices of one block would send in this round if they were honest. Nothing comes of it in the devices. */
  async survey({ round, shared, rowOf }: StageOrder, { block, users }: Block): Promise<BlockCrowd> {
    this.#open(round, shared);
    let crowd: CrowdSum | undefined;
    for (const user of users) {
      await this.#train(round, user, rowOf);
      crowd = withVector(crowd ?? emptyCrowd(this.#outgoing.length), this.#outgoing);
    }
    return { block, crowd: crowd ?? emptyCrowd(0) };
  }

  async #gateway(round: number, group: number): Promise<Gateway> {
    const frame = roundFrame(this.#run, round, group);
    return { frame, aggregator: await this.#run.protection.createAggregator(frame, simulatedTools) };
  }

  /** From now on the devices have other ratings. */
  reveal(training: RatingMatrix): void {
    this.#training = training;
  }

  /**
   * Which devices have anything to contribute, ascending.
   * @returns with them how many others had to fetch the published vector to know that they have nothing
   */
  dueOf(
    { round, shared }: Pick<StageOrder, "round" | "shared">,
    users: Int32Array,
  ): { readonly due: Int32Array; readonly fetches: number } {
    const { model } = this.#run;
    if (model.isDue === undefined) return { due: users, fetches: 0 };
    let fetches = 0;
    const opened = this.#open(round, shared);
    const due = users.filter((user) => {
      const ratings = ratingsOf(this.#training, user);
      const own = this.#parts.get(user) ?? model.createPrivate(ratings, createRng(this.#seed, "private", user));
      const rng = createRng(this.#seed, "due", round, user);
      const known = model.isDue!(own, ratings, undefined, rng);
      const isDue = known ?? model.isDue!(own, ratings, opened, rng) ?? true;
      if (known === undefined && !isDue) fetches += 1;
      return isDue;
    });
    return { due, fetches };
  }

  /** Opened once for a round. */
  #open(round: number, shared: Float64Array): unknown {
    if (this.#opened?.round !== round) this.#opened = { round, shared: this.#run.model.open(shared) };
    return this.#opened.shared;
  }

  /** The part that a device has trained, where it has. */
  partOf(user: number): PrivatePart | undefined {
    return this.#parts.get(user);
  }

  /** Trains one device; what leaves it, if it is honest, is in `#outgoing`. */
  async #train(round: number, user: number, rowOf: Int32Array | undefined): Promise<PrivatePart> {
    const { model, privacy, evaluation } = this.#run;
    const own = ratingsOf(this.#training, user);
    const known = this.#cast?.ratingsOf(user, own) ?? own;
    const ratings = rowOf === undefined ? known : inRows(known, rowOf);
    const initial = this.#parts.get(user) ?? model.createPrivate(ratings, createRng(this.#seed, "private", user));
    const rng = createRng(this.#seed, "contribute", round, user);
    const { private: part } = model.contribute(this.#opened!.shared, initial, ratings, rng, this.#values);
    const guard = await privacy?.createDevice(simulationRng(createRng(this.#seed, "noise", round, user)));
    const { scattered } = this.#run.sharing;
    this.#revealed = scattered?.revealedBits(scattered.touchedBy(this.#values)) ?? 0;
    const leaving = outgoingOf(this.#run, this.#values, round, this.#randomness(round, user));
    if (evaluation?.isDue(round) === true) evaluation.attach(leaving, this.#judged(user, ratings));
    this.#outgoing = guard === undefined ? leaving : guard.protect(leaving, round);
    return part;
  }

  /** What a real device draws from its platform and keeps. */
  #randomness(round: number, user: number): OutgoingRandomness {
    return {
      rng: simulationRng(createRng(this.#seed, "rounding", round, user)),
      lasting: this.#run.sharing.scattered === undefined ? undefined : simulationRng(createRng(this.#seed, "lasting", user)).bytes(32),
    };
  }

  /** What one device finds about the model: by the part with which the same person is judged in one place. */
  #judged(user: number, ratings: UserRatings): HeldOutOutcome | undefined {
    if (this.#heldOut === undefined) return undefined;
    const { model } = this.#run;
    const trained = model.isJudgedAsTrained === true ? this.#parts.get(user) : undefined;
    const part = trained ?? model.createPrivate(ratings, createRng(this.#seed, "private", user));
    const heldOut = ratingsOf(this.#heldOut, user);
    return this.#judge!(this.#opened!.shared, part, ratings, heldOut, createRng(this.#seed, "fit", user));
  }

  /** Answers a stage, with `#outgoing` as the contribution; `bytes` is what was sent, 0 when the device's own half refused. */
  async #handIn(
    { frame, aggregator }: Gateway,
    stage: number,
    user: number,
    brief: Uint8Array,
  ): Promise<{ bytes: number; refusal?: ErrorCode }> {
    const client = simulatedId(user);
    const isContribution = stage === this.#run.protection.contributionStage;
    let bytes = 0;
    try {
      const sealed = await (await this.#half(frame, user)).answer(stage, brief, this.#outgoing);
      const answer = isContribution ? (this.#cast?.answerOf(user, frame.round, sealed) ?? sealed) : sealed;
      bytes = answer.length;
      aggregator.admit(stage, client, answer);
      aggregator.combine(stage, client, answer, "");
      return { bytes };
    } catch (error) {
      if (!isCofactorError(error) || error.code === "INTERNAL") throw error;
      return { bytes, refusal: error.code };
    }
  }

  async #half(frame: RoundFrame, user: number): Promise<DeviceHalf> {
    const { protection } = this.#run;
    const half =
      this.#halves.get(user) ??
      (await protection.createDevice(this.#cast?.frameOf(user, frame) ?? frame, simulatedId(user), simulatedTools));
    if (protection.stages.length > 1) this.#halves.set(user, half);
    return half;
  }

  /** The round is over: private parts of a published round are kept, those of an abandoned one forgotten. */
  settle(isPublished: boolean): void {
    if (isPublished) for (const [user, part] of this.#candidates) this.#replace(user, part);
    this.#candidates.clear();
    this.#halves.clear();
  }

  #replace(user: number, part: PrivatePart): void {
    const before = this.#parts.get(user)?.values.buffer;
    this.#parts.set(user, part);
    // Tables of everyone that wait to be collected would be as much memory again.
    const isFree = this.#run.model.isJudgedAsTrained === true && before instanceof ArrayBuffer && before !== part.values.buffer;
    if (isFree) before.transfer(0);
  }
}

/** What takes in the answers of a group's devices of one block. */
interface Gateway {
  readonly frame: RoundFrame;
  readonly aggregator: AggregatorHalf;
}

const noBrief = new Uint8Array(0);
