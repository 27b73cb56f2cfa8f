/**
 * What a device does when it is asked: fit, judge, contribute, clip and noise where the terms promise privacy, seal, send; once for each round,
 * whatever happens in between. Imports shared, budget, held-out, session, vault.
 */
import { digestOf } from "../shared/crypto/hash.ts";
import type { Primitives } from "../shared/crypto/primitives.ts";
import { CofactorError } from "../shared/errors.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import type { DeviceHalf } from "../shared/protections/protection.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import { outgoingOf, type Run, roundFrame } from "../shared/run.ts";
import type { AnswerHeader, RequestHeader } from "../shared/wire/messages.ts";
import { decodeModel } from "../shared/wire/model-codec.ts";
import type { Budget } from "./budget.ts";
import type { SplitRatings } from "./held-out.ts";
import type { OwnRatings } from "./ratings.ts";
import type { Session } from "./session.ts";
import { idleReason, StandingRecord } from "./standing.ts";
import type { PendingAnswer, Vault } from "./vault.ts";

/** What a stage's answer became. */
export interface Contributed {
  readonly round: number;
  readonly stage: number;
  /** Bytes of the sealed answer. */
  readonly bytes: number;
  readonly digest: string;
  readonly status: "accepted" | "duplicate";
}

/** A sealed answer on its way: what leaves the device, byte for byte. */
export interface Sent {
  readonly round: number;
  readonly stage: number;
  /** The protection's name for the stage. */
  readonly name: string;
  /** True for the stage that carries the protected contribution; the others carry keys and the like. */
  readonly isContribution: boolean;
  /** sha256 of the bytes, base64url: what the device signs beside round and stage. */
  readonly digest: string;
  /** A copy of the sealed bytes. */
  readonly bytes: Uint8Array;
}

/** What a trainer works with. */
export interface TrainerParts {
  /** The user's ratings by number, as they are now. */
  readonly numbered: () => OwnRatings | undefined;
  /** The device's own secret. */
  readonly secret: () => Uint8Array;
  /** The user's ratings as they are now, as rows of the model with these published values. */
  readonly ratingsAt: (session: Session, values: Float64Array) => Promise<UserRatings>;
  readonly vault: Vault;
  /** The device's ledger over all runs. */
  readonly budget: Budget;
  readonly secure: SecureRng;
  /** By default the platform's. */
  readonly primitives?: Primitives | undefined;
  /** Most rounds to contribute to, abandoned ones included; by default any number. */
  readonly maxRounds?: number | undefined;
  /** Told of every answer as its first byte is handed to the transport. */
  readonly onSending?: (sent: Sent) => void;
}

/** Takes part in rounds for one device. */
export class Trainer {
  readonly #parts: TrainerParts;
  /** Read where contributions are differences. */
  readonly #standing: StandingRecord;
  readonly #halves = new Map<number, DeviceHalf>();
  #isIdle = false;
  #promised: { readonly round: number; readonly model: string } | undefined;
  #candidate: { readonly round: number; readonly part: PrivatePart } | undefined;

  constructor(parts: TrainerParts) {
    this.#parts = parts;
    this.#standing = new StandingRecord(parts.vault);
  }

  /**
   * Why the device must not answer; undefined when it may.
   *
   * Guarantees: for one round there is one contribution at most, to one model, in the same bytes however often it is asked for,
   * also after a restart: a lying server cannot compare two of them. No round that would break the run's promise of privacy, or the user's
   * budget, gets any.
   */
  async refusal(run: Run, header: RequestHeader<"ask">, brief: Uint8Array): Promise<string | undefined> {
    const { vault, budget, maxRounds } = this.#parts;
    const { round, stage, model } = header;
    const earlier = await vault.participation();
    if (earlier === undefined || round > earlier.round) {
      if (stage > 0) return "this device did not begin this round";
      if (model.round >= round) return "a round expected a model of an earlier round";
      const lost = run.model.isCumulative === true ? await this.#standing.refusal(round) : undefined;
      if (lost !== undefined) return lost;
      const limit = maxRounds ?? Number.POSITIVE_INFINITY;
      if ((earlier?.contributions ?? 0) >= limit) return `BUDGET_EXHAUSTED: this device contributes to at most ${limit} rounds`;
      // What is reserved and not sealed was begun elsewhere, or by a process that ended then.
      return (await budget.isReserved(run, round)) ? reservedElsewhere : budget.refusal(run, round);
    }
    if (round < earlier.round) return "this device has taken part in a later round";
    if (earlier.model !== model.sha256) return "this round was begun with another model";
    const pending = await vault.pending();
    if (pending?.round !== round) return "this device has answered in this round before";
    if (pending.stage === stage) return pending.brief === (await digestOf(brief)) ? undefined : "this stage was asked with another brief";
    if (stage !== pending.stage + 1) return "this device has answered this stage before";
    // The secrets of the earlier stages are gone with the process that had them.
    return this.#halves.has(round) ? undefined : "this device was restarted within the round";
  }

  /** Whether this device declined last since nothing had changed on it. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** As `refusal`; also where the device has nothing to contribute, or work that was promised meanwhile stands against it. */
  async reasonToDecline(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<string | undefined> {
    this.#isIdle = false;
    const refusal = await this.refusal(session.run, header, brief);
    if (refusal !== undefined) return refusal;
    const idle = await this.#idleReason(session, header);
    this.#isIdle = idle !== undefined;
    return idle ?? this.#promise(header);
  }

  /** None for a round that was begun. */
  async #idleReason(session: Session, { round, model }: RequestHeader<"ask">): Promise<string | undefined> {
    const { run } = session;
    if (run.model.isDue === undefined || (await this.#parts.vault.participation())?.round === round) return undefined;
    const values = decodeModel(await session.pull(model), run.sharedSize, run.terms.precision);
    const { training } = await this.#split(run, await this.#parts.ratingsAt(session, values));
    const own = await this.privatePart(run, training);
    return idleReason(run, own, training, values, createRng(drawSeed(this.#parts.secure)));
  }

  /** A session begins: rounds up to the newest model's are over, whatever this device missed. @throws CofactorError MESSAGE_MALFORMED */
  async rejoin(run: Run, joined: AnswerHeader<"join">): Promise<void> {
    if (run.model.isCumulative === true) await this.#standing.rejoin(joined);
    await this.settle(run, joined.model.round, false);
  }

  /** Holds on to what `refusal` allowed, until it is sealed. @returns why it cannot: what was promised meanwhile is kept */
  #promise({ round, model }: RequestHeader<"ask">): string | undefined {
    const promised = this.#promised;
    if (promised !== undefined && promised.round > round) return "a later round has begun";
    if (promised?.round === round && promised.model !== model.sha256) return "this round was begun with another model";
    this.#promised = { round, model: model.sha256 };
    return undefined;
  }

  /**
   * Answers a stage: with the bytes made before, when there are any, else with fresh ones.
   * @throws CofactorError UPDATE_REJECTED when the device must not answer, ROUND_CLOSED when a later round has begun, the server's refusal
   */
  async answer(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<Contributed> {
    // Asked again here: since the promise other work may have been done.
    const reason = await this.refusal(session.run, header, brief);
    if (reason !== undefined) throw new CofactorError("UPDATE_REJECTED", reason);
    if (this.#promised !== undefined && this.#promised.round > header.round) {
      throw new CofactorError("ROUND_CLOSED", `round ${header.round} is over: round ${this.#promised.round} has begun`);
    }
    const pending = await this.#parts.vault.pending();
    const isRepeat = pending !== undefined && pending.round === header.round && pending.stage === header.stage;
    const answer = isRepeat ? pending : await this.#seal(session, header, brief);
    const { round, stage, digest, bytes } = answer;
    const { stages, contributionStage } = session.run.protection;
    this.#parts.onSending?.({
      round,
      stage,
      name: stages[stage]!,
      isContribution: stage === contributionStage,
      digest,
      bytes: bytes.slice(),
    });
    const status = await session.upload(answer, isRepeat ? header.received : 0);
    return { round, stage, bytes: bytes.length, digest, status };
  }

  /**
   * The round is over: keeps the private part that belongs to it when the contribution counted, and forgets the sealed bytes.
   * @returns whether this device took part in the round
   */
  async settle(run: Run, round: number, isIncluded: boolean): Promise<boolean> {
    const { vault, budget } = this.#parts;
    const tookPart = (await vault.participation())?.round === round;
    if (tookPart && isIncluded) await budget.commit(run, round);
    if (run.model.isCumulative === true) await this.#standing.settle(round, isIncluded);
    else if (tookPart && isIncluded && this.#candidate?.round === round) await vault.savePrivatePart(this.#candidate.part);
    if (this.#candidate !== undefined && this.#candidate.round <= round) this.#candidate = undefined;
    for (const old of this.#halves.keys()) if (old <= round) this.#halves.delete(old);
    const pending = await vault.pending();
    if (pending !== undefined && pending.round <= round) await vault.clearPending();
    return tookPart;
  }

  /** The device's private part: the one it trained, else a fresh one. */
  async privatePart(run: Run, ratings: UserRatings): Promise<PrivatePart> {
    const rng = createRng(drawSeed(this.#parts.secure));
    return (await this.#parts.vault.privatePart()) ?? run.model.createPrivate(ratings, rng);
  }

  /** The ratings to train on, and those kept aside; what parts them is loaded where the terms ask for it. */
  async #split(run: Run, ratings: UserRatings): Promise<SplitRatings> {
    const { numbered, secret, vault } = this.#parts;
    const own = numbered();
    if (run.evaluation !== undefined && own !== undefined) return (await import("./held-out.ts")).splitRatings(own, run, vault, secret);
    return { training: ratings, heldOut: { items: new Int32Array(0), values: new Float64Array(0) } };
  }

  async #seal(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<PendingAnswer> {
    const { run } = session;
    const { vault, secure } = this.#parts;
    const { round, stage, model } = header;
    const values = stage === run.protection.contributionStage ? await this.#contribution(session, header) : new Float64Array(0);
    let half = this.#halves.get(round);
    if (half === undefined) {
      half = await run.protection.createDevice(roundFrame(run, round), session.client, {
        secure,
        primitives: this.#parts.primitives ?? (await platformPrimitives()),
      });
      this.#halves.set(round, half);
    }
    const bytes = await half.answer(stage, brief, values);
    if (bytes.buffer !== values.buffer) values.fill(0);
    const answer = { round, stage, brief: await digestOf(brief), digest: await digestOf(bytes), bytes };
    // Both are durable before the first byte leaves: a restarted device sends these bytes again, or none.
    const earlier = await vault.participation();
    if (earlier?.round !== round) {
      await vault.saveParticipation({ round, model: model.sha256, contributions: (earlier?.contributions ?? 0) + 1 });
    }
    await vault.savePending(answer);
    return answer;
  }

  /**
   * What may leave the device, before it is sealed. With a promise of privacy the round is reserved first, for good: a reservation that another
   * window made, or an earlier process that did not come to seal anything, ends the round for this device.
   */
  async #contribution(session: Session, header: RequestHeader<"ask">): Promise<Float64Array> {
    const { run } = session;
    const { round } = header;
    const { secure, budget } = this.#parts;
    const values = decodeModel(await session.pull(header.model), run.sharedSize, run.terms.precision);
    const { training, heldOut } = await this.#split(run, await this.#parts.ratingsAt(session, values));
    const model = run.model.open(values);
    if (run.privacy !== undefined && !(await budget.reserve(run, round))) throw new CofactorError("UPDATE_REJECTED", reservedElsewhere);
    const out = new Float64Array(run.contributionSize);
    const rng = createRng(drawSeed(secure));
    const initial = await this.privatePart(run, training);
    const { private: part } = run.model.contribute(model, initial, training, rng, out);
    if (run.model.isCumulative === true) await this.#standing.promise(round, part);
    else this.#candidate = { round, part };
    const lasting = run.sharing.scattered === undefined ? undefined : await this.#parts.vault.lastingSecret(secure);
    const shared = outgoingOf(run, out, round, { rng: secure, lasting });
    if (shared !== out) out.fill(0);
    if (run.evaluation?.isDue(round) === true) {
      const { createJudge } = await import("../shared/evaluation/judge.ts");
      const { model: kind, terms, evaluation } = run;
      const judge = createJudge({ model: kind, items: terms.items, metrics: evaluation.metrics, ratingRange: terms.ratings.range });
      evaluation.attach(shared, judge(model, initial, training, heldOut, createRng(drawSeed(secure))));
    }
    if (run.privacy === undefined) return shared;
    try {
      return (await run.privacy.createDevice(secure)).protect(shared, round);
    } finally {
      shared.fill(0);
    }
  }
}

const reservedElsewhere = "this round was begun in another window of this device, or before it was restarted: it is charged, and lost";

/** Loaded when a protection is at work, so that a page does not wait for it. */
async function platformPrimitives(): Promise<Primitives> {
  const { createWebPrimitives } = await import("../shared/crypto/primitives-web.ts");
  return createWebPrimitives();
}
