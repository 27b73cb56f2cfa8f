/**
 * Drives the rounds of one run: draws a cohort, asks it stage by stage, takes answers, has the sum opened, publishes. The decisions
 * are shared/round.ts's; here are the clock, the store and the connections. Imports shared and server.
 *
 * Round numbers count attempts: an abandoned round's number is never used again, so that a keyholder that opens one sum for a
 * number never opens two sums of one round. An answer is acknowledged once it is checked and durable; a server that starts on a
 * store with an open round takes the durable answers in again and asks for the missing ones.
 */
import type { Clock } from "../shared/clock.ts";
import { digestOf } from "../shared/crypto/hash.ts";
import { verifyText } from "../shared/crypto/identity.ts";
import type { Emitter } from "../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { ModelState } from "../shared/models/model.ts";
import type { AggregatorHalf, Opener } from "../shared/protections/protection.ts";
import { createRng, drawSeed, type SecureRng } from "../shared/random.ts";
import { beginRound, type RoundEvent, type RoundState, type RoundStep, standingOf, stepRound, withStatus } from "../shared/round.ts";
import { advanceModel, type Run, roundFrame } from "../shared/run.ts";
import type { AnswerHeader, ModelRef, RequestHeader } from "../shared/wire/messages.ts";
import { decodeModel, toPrecision } from "../shared/wire/model-codec.ts";
import { answerBytes } from "../shared/wire/signed.ts";
import { drawCohort } from "./cohort.ts";
import type { ServerEvents } from "./events.ts";
import { packModel } from "./models.ts";
import type { RoundRecord, Store } from "./store.ts";
import { Uploads } from "./uploads.ts";

/** A connected client, as the coordinator sees it. Failures of the connection are not its concern. */
export interface Participant {
  ask(header: RequestHeader<"ask">, brief: Uint8Array): Promise<AnswerHeader<"ask">>;
  announce(kind: "published" | "abandoned", header: RequestHeader<"published"> | RequestHeader<"abandoned">): void;
}

/** What a coordinator works with. */
export interface CoordinatorParts {
  readonly run: Run;
  readonly store: Store;
  readonly clock: Clock;
  readonly secure: SecureRng;
  readonly opener: Opener | undefined;
  readonly events: Emitter<ServerEvents>;
  /** How long to wait for more clients once there are `cohort.min`, before a smaller cohort is asked. */
  readonly gatherMs: number;
}

interface ActiveRound {
  state: RoundState;
  readonly aggregator: AggregatorHalf;
  readonly uploads: Uploads;
  /** Clients whose checked answer is being made durable. */
  readonly saving: Set<string>;
  readonly digests: Map<string, string>;
  readonly startedMs: number;
  bytesUp: number;
  deadlineAtMs: number;
  cancelDeadline: () => void;
  isDue: boolean;
}

/** Drives the rounds of one run. */
export class Coordinator {
  readonly #parts: CoordinatorParts;
  readonly #participants = new Map<string, Participant>();
  readonly #graceTimers = new Map<string, () => void>();
  #model!: ModelState;
  #ref!: ModelRef;
  #lastRound = 0;
  #active: ActiveRound | undefined;
  #cancelGather: (() => void) | undefined;
  #isPaused = true;
  #isStopped = false;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
  }

  /** Loads or makes the run's state, and the open round when there is one. */
  async start(): Promise<void> {
    const { run, store, secure } = this.#parts;
    const id = run.terms.id;
    const latest = store.latest(id);
    if (latest === undefined) {
      const initial = run.model.initialize(createRng(drawSeed(secure)));
      this.#model = { ...initial, shared: toPrecision(initial.shared, run.terms.precision) };
      const { ref, bytes } = await packModel(this.#model.shared, run.terms.precision, 0);
      this.#ref = ref;
      store.publish(id, { round: 0, advanced: 0, sha256: ref.sha256, model: bytes, state: this.#model.state }, undefined);
    } else {
      this.#model = { shared: decodeModel(latest.model, run.sharedSize, run.terms.precision), state: latest.state, round: latest.advanced };
      this.#ref = { sha256: latest.sha256, bytes: latest.model.length, round: latest.round };
    }
    this.#lastRound = store.records(id).at(-1)?.round ?? 0;
    this.#isPaused = false;
    this.#resume();
  }

  /** Ends the driving: no timer stays, nothing more is asked. What is durable stays durable. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelGather?.();
    this.#active?.cancelDeadline();
    for (const cancel of this.#graceTimers.values()) cancel();
    this.#graceTimers.clear();
  }

  /** The newest published model. */
  get model(): ModelRef {
    return this.#ref;
  }

  /** The values of the newest published model. */
  get shared(): Float64Array {
    return this.#model.shared;
  }

  /** True when all rounds of the terms are published. */
  get hasEnded(): boolean {
    return this.#model.round >= this.#parts.run.terms.rounds;
  }

  /** Public facts for status pages. */
  get status(): { readonly round: number; readonly phase: string; readonly published: number; readonly connected: number; readonly answered: number } {
    return {
      round: this.#active?.state.round ?? this.#lastRound,
      phase: this.hasEnded ? "ended" : (this.#active?.state.phase ?? "gathering"),
      published: this.#model.round,
      connected: this.#participants.size,
      answered: this.#active === undefined ? 0 : withStatus(this.#active.state, "answered").length,
    };
  }

  /** A client is there, or back. */
  connect(client: string, participant: Participant): void {
    this.#participants.set(client, participant);
    this.#graceTimers.get(client)?.();
    this.#graceTimers.delete(client);
    const active = this.#active;
    if (active?.state.phase === "collecting" && active.state.members.get(client) === "asked") void this.#ask(active, client);
    this.#gather();
  }

  /** A client's connection ended; within a round it may come back until the grace is over. */
  disconnect(client: string, participant: Participant): void {
    if (this.#participants.get(client) !== participant) return;
    this.#participants.delete(client);
    if (this.#active?.state.members.get(client) !== "asked" || this.#isStopped) return;
    const cancel = this.#parts.clock.after(this.#parts.run.terms.deadline.graceMs, () => {
      this.#graceTimers.delete(client);
      if (!this.#participants.has(client)) this.#markGone(client);
    });
    this.#graceTimers.get(client)?.();
    this.#graceTimers.set(client, cancel);
  }

  /**
   * Takes a chunk of a client's answer.
   * @throws CofactorError ROUND_STALE, ROUND_CLOSED, REPLAYED, AUTH_FAILED, MESSAGE_TOO_LARGE, MESSAGE_MALFORMED, or the protection's refusal
   */
  async answer(client: string, header: RequestHeader<"answer">, bytes: Uint8Array): Promise<AnswerHeader<"answer">> {
    const active = this.#expectRound(header.round);
    const { run, store } = this.#parts;
    const key = `${header.stage} ${client}`;
    const standing = standingOf(active.state, client, header.stage);
    if (standing === "stranger") throw new CofactorError("ROUND_CLOSED", `this client was not asked in round ${header.round}: wait for an invitation`);
    if (standing === "duplicate" || active.saving.has(client)) return this.#repeated(active, key, header);
    if (standing === "late" || active.isDue) {
      throw new CofactorError("ROUND_CLOSED", `stage ${header.stage} of round ${header.round} no longer takes answers: wait for the next invitation`);
    }
    const limit = run.protection.maxAnswerBytes(header.stage, roundFrame(run, header.round));
    const known = active.uploads.received(client);
    const whole = active.uploads.take(client, { digest: header.digest, total: header.total, offset: header.offset, bytes }, limit);
    active.bytesUp += Math.max(0, active.uploads.received(client) - known);
    if (whole === undefined) return { received: active.uploads.received(client), status: "partial" };

    active.saving.add(client);
    active.digests.set(key, header.digest);
    try {
      await this.#check(client, header, whole);
      active.aggregator.admit(header.stage, client, whole);
      await store.saveAnswer(run.terms.id, header.round, { stage: header.stage, client, digest: header.digest, bytes: whole });
    } catch (error) {
      active.digests.delete(key);
      active.saving.delete(client);
      this.#closeIfDue(active);
      throw error;
    } finally {
      active.uploads.drop(client);
    }
    active.saving.delete(client);
    active.aggregator.combine(header.stage, client, whole);
    this.#apply(active, { kind: "answered", stage: header.stage, clients: [client] });
    this.#closeIfDue(active);
    return { received: header.total, status: "accepted" };
  }

  #expectRound(round: number): ActiveRound {
    const active = this.#active;
    if (active !== undefined && active.state.round === round) return active;
    if (round > this.#lastRound && round !== active?.state.round) {
      throw new CofactorError("ROUND_STALE", `round ${round} has not begun`);
    }
    throw new CofactorError("ROUND_CLOSED", `round ${round} is over: wait for the next invitation`);
  }

  #repeated(active: ActiveRound, key: string, header: RequestHeader<"answer">): AnswerHeader<"answer"> {
    if (active.digests.get(key) === header.digest) return { received: header.total, status: "duplicate" };
    throw new CofactorError("REPLAYED", `round ${header.round} already has another answer of this client`);
  }

  async #check(client: string, header: RequestHeader<"answer">, whole: Uint8Array): Promise<void> {
    if ((await digestOf(whole)) !== header.digest) throw new CofactorError("MESSAGE_MALFORMED", '"digest" expected the sha256 of the answer');
    const signed = answerBytes(this.#parts.run.terms.id, header.round, header.stage, header.digest);
    if (!verifyText(client, "answer", signed, header.signature)) {
      throw new CofactorError("AUTH_FAILED", '"signature" expected this client\'s signature of run, round, stage and digest');
    }
  }

  /** Begins a round when enough clients are there: at once for a full cohort, after the gathering time for a smaller one. */
  #gather(): void {
    if (this.#isPaused || this.#isStopped || this.#active !== undefined || this.hasEnded) return;
    const { size, min } = this.#parts.run.terms.cohort;
    if (this.#participants.size >= size) {
      this.#cancelGather?.();
      this.#cancelGather = undefined;
      this.#begin();
    } else if (this.#participants.size >= min && this.#cancelGather === undefined) {
      this.#cancelGather = this.#parts.clock.after(this.#parts.gatherMs, () => {
        this.#cancelGather = undefined;
        if (this.#active === undefined && this.#participants.size >= min) this.#begin();
      });
    }
  }

  #begin(): void {
    const { run, store, secure } = this.#parts;
    const round = ++this.#lastRound;
    const cohort = drawCohort([...this.#participants.keys()], run.terms.cohort.size, secure);
    store.saveRound(run.terms.id, { round, stage: 0, cohort });
    this.#enter(beginRound(round, cohort, run.terms.cohort.min, run.protection.stages.length));
  }

  /** Goes on with the round that a killed server left open. */
  #resume(): void {
    const { run, store } = this.#parts;
    const open = store.openRound(run.terms.id);
    if (open === undefined) {
      this.#gather();
      return;
    }
    this.#lastRound = open.round;
    const answers = store.answers(run.terms.id, open.round);
    const begun = beginRound(open.round, open.cohort, run.terms.cohort.min, run.protection.stages.length);
    const active = this.#createActive(begun.state);
    let step: RoundStep = begun;
    for (let stage = 0; stage < run.protection.stages.length && stage <= open.stage; stage++) {
      const given = answers.filter((answer) => answer.stage === stage);
      for (const answer of given) {
        active.aggregator.combine(stage, answer.client, answer.bytes);
        active.digests.set(`${stage} ${answer.client}`, answer.digest);
      }
      step = stepRound(step.state, { kind: "answered", stage, clients: given.map((answer) => answer.client) });
      if (stage < open.stage) step = { ...stepRound(step.state, { kind: "deadline", stage }) };
    }
    // Whatever the last step asked for is asked anew: devices answer a repeated question with the same bytes.
    this.#active = active;
    active.state = step.state;
    const effects = step.effects.length > 0 ? step.effects : ([{ kind: "ask", stage: step.state.stage, clients: withStatus(step.state, "asked") }] as const);
    this.#carryOut(active, effects);
  }

  #createActive(state: RoundState): ActiveRound {
    const { run, clock } = this.#parts;
    return {
      state,
      aggregator: run.protection.createAggregator(roundFrame(run, state.round)),
      uploads: new Uploads(),
      saving: new Set(),
      digests: new Map(),
      startedMs: clock.now(),
      bytesUp: 0,
      deadlineAtMs: 0,
      cancelDeadline: () => undefined,
      isDue: false,
    };
  }

  #enter(step: RoundStep): void {
    const active = this.#createActive(step.state);
    this.#active = active;
    this.#parts.events.emit("began", { round: step.state.round, invited: step.state.members.size });
    this.#carryOut(active, step.effects);
  }

  #apply(active: ActiveRound, event: RoundEvent): void {
    if (this.#active !== active || this.#isStopped) return;
    const step = stepRound(active.state, event);
    active.state = step.state;
    this.#carryOut(active, step.effects);
  }

  #carryOut(active: ActiveRound, effects: RoundStep["effects"]): void {
    for (const effect of effects) {
      if (effect.kind === "ask") this.#beginStage(active, effect.clients);
      else if (effect.kind === "reveal") void this.#reveal(active);
      else if (effect.kind === "abandon") this.#abandon(active, effect.reason);
    }
  }

  #beginStage(active: ActiveRound, clients: readonly string[]): void {
    const { run, store, clock } = this.#parts;
    const { stage, round } = active.state;
    if (stage > 0) store.saveRound(run.terms.id, { round, stage, cohort: [...active.state.members.keys()] });
    active.uploads.clear();
    active.cancelDeadline();
    active.isDue = false;
    active.deadlineAtMs = clock.now() + run.terms.deadline.stageMs;
    active.cancelDeadline = clock.after(run.terms.deadline.stageMs, () => {
      active.isDue = true;
      this.#closeIfDue(active);
    });
    for (const client of clients) {
      if (this.#participants.has(client)) void this.#ask(active, client);
    }
  }

  /** At the deadline the stage waits only for answers that are being made durable. */
  #closeIfDue(active: ActiveRound): void {
    if (active.isDue && active.saving.size === 0) this.#apply(active, { kind: "deadline", stage: active.state.stage });
  }

  async #ask(active: ActiveRound, client: string): Promise<void> {
    const participant = this.#participants.get(client);
    if (participant === undefined) return;
    const { stage, round } = active.state;
    const deadlineMs = Math.max(0, Math.round(active.deadlineAtMs - this.#parts.clock.now()));
    const header = { round, stage, model: this.#ref, deadlineMs, received: active.uploads.received(client) };
    try {
      const { takesPart } = await participant.ask(header, active.aggregator.brief(stage, client));
      if (!takesPart) this.#markGone(client);
    } catch {
      // The connection failed: its end starts the grace period; a client that is only slow has until the deadline.
    }
  }

  #markGone(client: string): void {
    const active = this.#active;
    if (active !== undefined && !active.saving.has(client)) this.#apply(active, { kind: "gone", clients: [client] });
  }

  async #reveal(active: ActiveRound): Promise<void> {
    const { run, store, opener } = this.#parts;
    active.cancelDeadline();
    const contributors = withStatus(active.state, "answered");
    try {
      store.saveRound(run.terms.id, { round: active.state.round, stage: active.state.stages, cohort: [...active.state.members.keys()] });
      this.#parts.events.emit("revealing", { round: active.state.round, contributors: contributors.length });
      const aggregate = await active.aggregator.reveal(opener);
      if (this.#isStopped) return;
      const next = advanceModel(run, this.#model, aggregate);
      const { ref, bytes } = await packModel(next.shared, run.terms.precision, active.state.round);
      if (this.#isStopped) return;
      const record = this.#record(active, "published", ref.sha256, "");
      store.publish(run.terms.id, { round: ref.round, advanced: next.round, sha256: ref.sha256, model: bytes, state: next.state }, record);
      this.#model = next;
      this.#ref = ref;
      this.#apply(active, { kind: "revealed" });
      this.#finish(active, record);
    } catch (error) {
      if (this.#isStopped) return;
      this.#parts.events.emit("failed", { round: active.state.round, error });
      this.#apply(active, { kind: "failed", reason: isCofactorError(error) ? `${error.code}: ${error.message}`.slice(0, 300) : "INTERNAL" });
    }
  }

  #abandon(active: ActiveRound, reason: string): void {
    active.cancelDeadline();
    const record = this.#record(active, "abandoned", this.#ref.sha256, reason);
    this.#parts.store.abandon(this.#parts.run.terms.id, record);
    this.#finish(active, record);
  }

  #record(active: ActiveRound, outcome: RoundRecord["outcome"], sha256: string, reason: string): RoundRecord {
    const invited = active.state.members.size;
    const accepted = withStatus(active.state, "answered").length;
    return { round: active.state.round, outcome, invited, accepted, dropped: invited - accepted, sha256, reason };
  }

  #finish(active: ActiveRound, record: RoundRecord): void {
    this.#active = undefined;
    for (const cancel of this.#graceTimers.values()) cancel();
    this.#graceTimers.clear();
    const ended = this.hasEnded;
    for (const [client, participant] of this.#participants) {
      if (record.outcome === "abandoned") participant.announce("abandoned", { round: record.round, reason: record.reason });
      else {
        const included = active.state.members.get(client) === "answered";
        participant.announce("published", { round: record.round, model: this.#ref, accepted: record.accepted, included, ended });
      }
    }
    const seconds = (this.#parts.clock.now() - active.startedMs) / 1000;
    this.#parts.events.emit("round", { ...record, seconds, bytesUp: active.bytesUp, ended });
    // An abandoned round is tried again after the gathering time: never in a tight loop.
    if (record.outcome === "published") this.#gather();
    else if (!this.#isStopped) {
      this.#isPaused = true;
      this.#parts.clock.after(this.#parts.gatherMs, () => {
        this.#isPaused = false;
        this.#gather();
      });
    }
  }
}
