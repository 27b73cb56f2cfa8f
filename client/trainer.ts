/**
 * What a device does when it is asked: fit, contribute, seal, send; once for each round, whatever happens in between.
 * Imports shared, session, vault.
 */
import { digestOf } from "../shared/crypto/hash.ts";
import { CofactorError } from "../shared/errors.ts";
import type { PrivatePart } from "../shared/models/private-part.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import type { DeviceHalf } from "../shared/protections/protection.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import type { RequestHeader } from "../shared/wire/messages.ts";
import { decodeModel } from "../shared/wire/model-codec.ts";
import type { Session } from "./session.ts";
import type { PendingAnswer, Vault } from "./vault.ts";

/** What a stage's answer became. */
export interface Contributed {
  readonly round: number;
  readonly stage: number;
  /** Bytes of the sealed answer. */
  readonly bytes: number;
  readonly digest: string;
  readonly status: "partial" | "accepted" | "duplicate";
}

/** Takes part in rounds for one device. */
export class Trainer {
  readonly #ratings: UserRatings;
  readonly #vault: Vault;
  readonly #secure: SecureRng;
  readonly #halves = new Map<number, DeviceHalf>();
  #candidate: { readonly round: number; readonly part: PrivatePart } | undefined;

  constructor(ratings: UserRatings, vault: Vault, secure: SecureRng) {
    this.#ratings = ratings;
    this.#vault = vault;
    this.#secure = secure;
  }

  /**
   * Whether the device may answer: never for a round that it took part in with another model, so that a lying server cannot have
   * two contributions for one round.
   */
  async refusal(header: RequestHeader<"ask">): Promise<string | undefined> {
    const earlier = (await this.#vault.participations()).find(({ round }) => round === header.round);
    if (earlier !== undefined && earlier.model !== header.model.sha256) return "this round was begun with another model";
    if (earlier === undefined && header.stage > 0) return "this device did not begin this round";
    return undefined;
  }

  /** Answers a stage: with the bytes made before, when there are any, else with fresh ones. */
  async answer(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<Contributed> {
    const pending = await this.#vault.pending();
    const isRepeat = pending !== undefined && pending.round === header.round && pending.stage === header.stage;
    const answer = isRepeat ? pending : await this.#seal(session, header, brief);
    const status = await session.upload(answer, isRepeat ? header.received : 0);
    return { round: answer.round, stage: answer.stage, bytes: answer.bytes.length, digest: answer.digest, status };
  }

  /** The round is over: keeps the private part that belongs to it when the contribution counted, and forgets the sealed bytes. */
  async settle(round: number, isIncluded: boolean): Promise<void> {
    if (isIncluded && this.#candidate?.round === round) await this.#vault.savePrivatePart(this.#candidate.part);
    for (const old of this.#halves.keys()) if (old <= round) this.#halves.delete(old);
    const pending = await this.#vault.pending();
    if (pending !== undefined && pending.round <= round) await this.#vault.clearPending();
  }

  /** The device's private part: the one it trained, else a fresh one. */
  async privatePart(run: Run): Promise<PrivatePart> {
    const rng = createRng(drawSeed(this.#secure));
    return (await this.#vault.privatePart()) ?? run.model.createPrivate(this.#ratings, rng);
  }

  async #seal(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<PendingAnswer> {
    const { run } = session;
    const values = header.stage === run.protection.contributionStage ? await this.#contribution(session, header) : new Float64Array(0);
    let half = this.#halves.get(header.round);
    if (half === undefined) {
      // The secrets of the earlier stages are gone with the process that had them.
      if (header.stage > 0) throw new CofactorError("UPDATE_REJECTED", "this device was restarted within the round");
      half = run.protection.createDevice(roundFrame(run, header.round), this.#secure);
      this.#halves.set(header.round, half);
    }
    const bytes = await half.answer(header.stage, brief, values);
    if (bytes.buffer !== values.buffer) values.fill(0);
    const answer = { round: header.round, stage: header.stage, digest: await digestOf(bytes), bytes };
    // Both are durable before the first byte leaves: a restarted device sends these bytes again, or none.
    await this.#vault.recordParticipation({ round: header.round, model: header.model.sha256 });
    await this.#vault.savePending(answer);
    return answer;
  }

  async #contribution(session: Session, header: RequestHeader<"ask">): Promise<Float64Array> {
    const { run } = session;
    const shared = decodeModel(await session.pull(header.model), run.sharedSize, run.terms.precision);
    const out = new Float64Array(run.contributionSize);
    const rng = createRng(drawSeed(this.#secure));
    const { private: part } = run.model.contribute(run.model.open(shared), await this.privatePart(run), this.#ratings, rng, out);
    this.#candidate = { round: header.round, part };
    return out;
  }
}
