/**
 * Drives the rounds of one run: draws a cohort, asks it stage by stage, takes answers, has the sum opened, publishes. The decisions
 * are shared/round.ts's; here are the clock, the store and the connections. Imports shared and server.
 *
 * Round numbers count attempts: an abandoned round's number is never used again, so that a keyholder that opens one sum for a
 * number never opens two sums of one round. An answer is acknowledged once it is checked and durable; a server that starts on a
 * store with an open round takes the durable answers in again and asks for the missing ones.
 */
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { LedgerEntry } from "../shared/privacy/ledger.ts";
import { contributorsOf, type RoundEffect, type RoundEvent, standingOf, stepRound, withStatus } from "../shared/round.ts";
import { hasEnded } from "../shared/run.ts";
import { countRound, type OpenRoundCounts, Orders } from "./orders.ts";
import { maxPayloadBytes } from "../shared/transport.ts";
import type { AnswerHeader, RequestHeader } from "../shared/wire/messages.ts";
import { Absences } from "./absences.ts";
import { type ActiveRound, type EnteredRound, enterRound, recordOf, restoreRound } from "./active-round.ts";
import { chooseCohort } from "./cohort.ts";
import type { CoordinatorParts, CoordinatorStatus, Participant } from "./coordinator-parts.ts";
import { Gathering } from "./gathering.ts";
import { takeAnswer } from "./intake.ts";
import { Ledger } from "./ledger.ts";
import { News } from "./news.ts";
import { Publisher } from "./publisher.ts";
import { revealRound } from "./reveal.ts";
import type { RoundRecord } from "./store.ts";

/** Drives the rounds of one run. */
export class Coordinator {
  readonly #parts: CoordinatorParts;
  readonly #participants = new Map<string, Participant>();
  readonly #absences: Absences;
  #publisher!: Publisher;
  #ledger!: Ledger;
  #gathering!: Gathering;
  #lastRound = 0;
  readonly #news = new News();
  #active: ActiveRound | undefined;
  #cancelPause: (() => void) | undefined;
  #isPaused = true;
  /** True while a round that has begun is being made ready. */
  #isEntering = false;
  #hasFailed = false;
  #isStopped = false;
  #orders!: Orders;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
    this.#absences = new Absences(parts.clock, parts.run.terms.deadline.graceMs);
  }

  /**
   * Loads or makes the run's state, and the open round when there is one.
   * @throws CofactorError LEDGER_CORRUPT when terms promise privacy and the store's ledger does not bear them out
   */
  async start(): Promise<void> {
    const { run, store, clock, gatherMs, events } = this.#parts;
    this.#ledger = Ledger.open(run, store);
    this.#gathering = new Gathering({ run, clock, gatherMs, ledger: this.#ledger, events, onReady: () => this.#begin() });
    this.#publisher = await Publisher.open(this.#parts);
    this.#lastRound = store.records(run.terms.id).at(-1)?.round ?? 0;
    this.#ledger.addUp(this.#lastRound, undefined);
    this.#orders = await Orders.open({ ...this.#parts, driving: this, onOrdered: () => this.#obey() });
    this.#isPaused = false;
    await this.#resume();
  }

  /** Ends the driving: no timer stays, nothing more is asked. What is durable stays durable. */
  stop(): void {
    this.#isStopped = true;
    this.#gathering?.stop();
    this.#cancelPause?.();
    this.#active?.cancelDeadline();
    this.#absences.clear();
  }

  /** Begins no further round; the open one goes on. */
  drain(): void {
    this.#gathering.end();
  }

  /** True for a device that the open round still waits for, or may. */
  expects(client: string): boolean {
    return (this.#active?.state.members.get(client) ?? "gone") !== "gone";
  }

  /** The newest published model: for reading. */
  get published(): Pick<Publisher, "ref" | "model" | "catalogue"> {
    return this.#publisher;
  }

  /** True when the store failed and the driving has stopped. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** True when no further round may begin. */
  get hasEnded(): boolean {
    return this.#active === undefined && (this.#orders.standing === "ended" || hasEnded(this.#parts.run, this.#publisher.model, this.#lastRound));
  }

  /** The operator's words about the run. */
  get orders(): Orders {
    return this.#orders;
  }

  /** The open round, counted; undefined while there is none. */
  get openRound(): OpenRoundCounts | undefined {
    return this.#active === undefined ? undefined : countRound(this.#active, this.#participants, this.#parts.clock.now());
  }

  /** Who took part in what, and what it cost: for reading. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  /** The newest round that is published or abandoned. */
  get overRound(): number {
    return this.#active === undefined && !this.#isEntering ? this.#lastRound : this.#lastRound - 1;
  }

  /** Public facts for status pages. */
  get status(): CoordinatorStatus {
    const phase = this.#active?.state.phase ?? (this.#isEntering ? "collecting" : "gathering");
    return {
      round: this.#active?.state.round ?? this.#lastRound,
      phase: this.#hasFailed ? "failed" : this.hasEnded ? "ended" : phase,
      published: this.#publisher.model.round,
      connected: this.#participants.size,
      answered: this.#active === undefined ? 0 : withStatus(this.#active.state, "answered").length,
    };
  }

  /**
   * A client is there, or back. It is told what it missed: the last publication, when it took part in that round and was away, or
   * when the model was published after it was told the newest one.
   *
   * @param toldModel content hash of the newest model that the client was told when it joined
   */
  connect(client: string, participant: Participant, toldModel: string): void {
    this.#participants.set(client, participant);
    this.#gathering.add(client);
    this.#news.comeBack(client, participant, toldModel);
    this.#absences.end(client);
    const active = this.#active;
    if (active?.state.phase === "collecting" && active.state.members.get(client) === "asked") void this.#ask(active, client);
    this.#gather();
  }

  /** A client's connection ended; within a round it may come back until the grace is over, also when it has answered the stage. */
  disconnect(client: string, participant: Participant): void {
    if (this.#participants.get(client) !== participant) return;
    this.#lose(client);
    if (this.#active !== undefined) this.#grantGrace(this.#active, client);
  }

  /** A client leaves for good: nobody waits for it. */
  leave(client: string, participant: Participant): void {
    if (this.#participants.get(client) === participant) this.#lose(client);
    const active = this.#active;
    if (!active?.state.members.has(client)) return;
    this.#absences.giveUp(client);
    this.#markGone(active, active.state.stage, client);
  }

  /**
   * Takes a chunk of a client's answer.
   * @throws CofactorError ROUND_STALE for another round than the open one and the one that ended last, and what `takeAnswer` refuses
   */
  async answer(client: string, header: RequestHeader<"answer">, bytes: Uint8Array): Promise<AnswerHeader<"answer">> {
    const active = this.#expectRound(header.round);
    try {
      return await takeAnswer(this.#parts, active, client, header, bytes, (whole) => {
        active.aggregator.combine(header.stage, client, whole, header.signature);
        this.#apply(active, { kind: "answered", stage: header.stage, clients: [client] });
      });
    } finally {
      this.#closeIfDue(active);
      // The grace may have passed while an answer was being made durable that then could not be.
      if (this.#absences.isOverdue(client)) this.#markGone(active, header.stage, client);
    }
  }

  /**
   * A chunk of the brief of the stage that a client is asked for.
   * @throws CofactorError ROUND_STALE, ROUND_CLOSED when it is not asked for that stage, MESSAGE_MALFORMED beyond the brief's end
   */
  async brief(client: string, { round, stage, offset }: RequestHeader<"brief">): Promise<Uint8Array> {
    const active = this.#expectRound(round);
    if (standingOf(active.state, client, stage) !== "expected") {
      throw new CofactorError("ROUND_CLOSED", `this client is not asked for stage ${stage} of round ${round}: wait for an invitation`);
    }
    await active.begun;
    const brief = active.aggregator.brief(stage, client);
    if (offset >= brief.length) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected less than ${brief.length}, got ${offset}`);
    return brief.subarray(offset, offset + maxPayloadBytes);
  }

  #expectRound(round: number): ActiveRound {
    const active = this.#active;
    if (active?.state.round === round) return active;
    if (round === this.#lastRound) throw new CofactorError("ROUND_CLOSED", `round ${round} is over: wait for the next invitation`);
    const open = active === undefined ? "none is open" : `round ${active.state.round} is open`;
    throw new CofactorError("ROUND_STALE", `round ${round} ${round < this.#lastRound ? "is long over" : "has not begun"}, ${open}`);
  }

  #lose(client: string): void {
    this.#participants.delete(client);
    this.#gathering.remove(client);
  }

  #gather(): void {
    if (this.#orders.standing === "paused" || this.#isPaused || this.#isStopped || this.#active !== undefined || this.#isEntering || this.hasEnded) return;
    this.#gathering.consider(this.#lastRound + 1);
  }

  /** Whoever is in the open round is told of the end with it. */
  #obey(): void {
    this.#gathering.stop();
    if (!this.hasEnded || this.#isEntering) this.#gather();
    else this.#news.abandon({ round: this.#lastRound, reason: "the operator ended the run", ended: true }, this.#participants);
  }

  #begin(): void {
    const { run, store, secure, primitives, clock, events } = this.#parts;
    const round = this.#lastRound + 1;
    const { cohort, problem } = chooseCohort(run, this.#gathering.candidates(round), secure);
    this.#guard(round, () => {
      const save = (entry?: LedgerEntry): void => store.saveRound(run.terms.id, { round, stage: 0, cohort }, entry);
      this.#ledger.write({ round, kind: "began", clients: cohort }, save);
      this.#lastRound = round;
      events.emit("began", { round, invited: cohort.length });
      this.#isEntering = true;
      void enterRound(run, round, cohort, { secure, primitives }, clock.now()).then((entered) => {
        this.#isEntering = false;
        if (this.#isStopped) return;
        const effects: readonly RoundEffect[] = problem === undefined ? entered.effects : [{ kind: "abandon", reason: problem }];
        this.#guard(round, () => this.#enter({ ...entered, effects }));
        // Whoever was lost meanwhile. After a restart all are away, and have the whole stage to come back.
        for (const client of cohort) if (!this.#participants.has(client)) this.#grantGrace(entered.active, client);
      });
    });
  }

  /** Goes on with the round that a killed server left open. */
  async #resume(): Promise<void> {
    const { run, store, clock, secure, primitives } = this.#parts;
    const open = store.openRound(run.terms.id);
    if (open === undefined) return;
    this.#lastRound = open.round;
    this.#enter(await restoreRound(run, open, store.answers(run.terms.id, open.round), { secure, primitives }, clock.now()));
  }

  #enter({ active, effects }: EnteredRound): void {
    this.#active = active;
    this.#carryOut(active, effects);
  }

  /** A store that fails stops the driving: nothing goes on from a state that is not durable. A new start on the store goes on. */
  #guard(round: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#hasFailed = true;
      this.stop();
      this.#parts.events.emit("failed", { round, error });
    }
  }

  #apply(active: ActiveRound, event: RoundEvent): void {
    if (this.#active !== active || this.#isStopped) return;
    const step = stepRound(active.state, event);
    active.state = step.state;
    this.#guard(active.state.round, () => this.#carryOut(active, step.effects));
  }

  #carryOut(active: ActiveRound, effects: readonly RoundEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "ask") this.#beginStage(active, effect.clients);
      else if (effect.kind === "reveal") void this.#reveal(active);
      else if (effect.kind === "abandon") this.#abandon(active, effect.reason);
    }
  }

  #beginStage(active: ActiveRound, clients: readonly string[]): void {
    const { run, store, clock, events } = this.#parts;
    const { stage, round } = active.state;
    events.emit("stage", { round, stage, name: run.protection.stages[stage]!, asked: clients.length });
    if (stage > 0) store.saveRound(run.terms.id, { round, stage, cohort: [...active.state.members.keys()] });
    active.uploads.clear();
    active.cancelDeadline();
    active.isDue = false;
    active.deadlineAtMs = clock.now() + run.terms.deadline.stageMs;
    active.cancelDeadline = clock.after(run.terms.deadline.stageMs, () => {
      active.isDue = true;
      this.#closeIfDue(active);
    });
    if (active.begunStage < stage) {
      active.begunStage = stage;
      active.begun = this.#prepareStage(active, stage, clients);
    }
    for (const client of clients) {
      if (this.#participants.has(client)) void this.#ask(active, client);
    }
    // Last, since it may end the stage.
    const overdue = clients.filter((client) => this.#absences.isOverdue(client));
    if (overdue.length > 0) this.#apply(active, { kind: "gone", clients: overdue });
  }

  /** Readies the stage's briefs; a stage that cannot begin ends the round. */
  async #prepareStage(active: ActiveRound, stage: number, clients: readonly string[]): Promise<void> {
    try {
      await active.aggregator.begin(stage, clients);
    } catch (error) {
      this.#fail(active, error);
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
    await active.begun;
    if (active !== this.#active || active.state.stage !== stage || active.state.members.get(client) !== "asked") return;
    const deadlineMs = Math.max(0, Math.round(active.deadlineAtMs - this.#parts.clock.now()));
    const brief = active.aggregator.brief(stage, client);
    const received = active.uploads.received(client);
    const header = { round, stage, model: this.#publisher.ref, deadlineMs, briefBytes: brief.length, received };
    try {
      const { takesPart, isIdle } = await participant.ask(header, brief.subarray(0, maxPayloadBytes));
      if (isIdle === true) this.#gathering.remove(client);
      if (!takesPart) this.#markGone(active, stage, client);
    } catch (error) {
      // A lost connection's end starts the grace period; a client that is only slow has until the deadline. Any other error is a no.
      const isLost = isCofactorError(error) && (error.code === "DISCONNECTED" || error.code === "TIMED_OUT");
      if (!isLost) this.#markGone(active, stage, client);
    }
  }

  #grantGrace(active: ActiveRound, client: string): void {
    const standing = active.state.members.get(client);
    if (active !== this.#active || this.#isStopped || standing === undefined || standing === "gone") return;
    this.#absences.begin(client, () => this.#markGone(active, active.state.stage, client));
  }

  #markGone(active: ActiveRound, stage: number, client: string): void {
    if (active.state.stage === stage && !active.saving.has(client)) this.#apply(active, { kind: "gone", clients: [client] });
  }

  async #reveal(active: ActiveRound): Promise<void> {
    active.cancelDeadline();
    const contributors = contributorsOf(active.state);
    const { round } = active.state;
    // A log that breaks the promise ends the run before anything is opened.
    this.#guard(round, () => this.#ledger.assertKept());
    if (this.#isStopped) return;
    // From here on the contributors are fixed, also for a server that starts again.
    try {
      const revealed = await revealRound(this.#parts, this.#publisher, active, () => this.#isStopped);
      if (revealed === undefined) return;
      const { next, record, without } = revealed;
      this.#parts.events.emit("publishing", { round });
      this.#ledger.write({ round, kind: "released", clients: contributors }, (entry) => this.#publisher.publish(next, record, entry));
      this.#apply(active, { kind: "revealed", without });
      this.#finish(active, record);
    } catch (error) {
      this.#fail(active, error);
    }
  }

  #fail(active: ActiveRound, error: unknown): void {
    if (this.#isStopped) return;
    this.#parts.events.emit("failed", { round: active.state.round, error });
    this.#apply(active, {
      kind: "failed",
      reason: isCofactorError(error) ? `${error.code}: ${error.message}`.slice(0, 300) : "INTERNAL",
    });
  }

  #abandon(active: ActiveRound, reason: string): void {
    active.cancelDeadline();
    const record = recordOf(active, { outcome: "abandoned", sha256: this.#publisher.ref.sha256, reason });
    const fact = { round: record.round, kind: "abandoned", clients: [] } as const;
    this.#ledger.write(fact, (entry) => this.#parts.store.abandon(this.#parts.run.terms.id, record, entry));
    this.#finish(active, record);
  }

  #finish(active: ActiveRound, record: RoundRecord): void {
    this.#active = undefined;
    this.#absences.clear();
    const ended = this.hasEnded;
    if (record.outcome === "published") {
      const header = { round: record.round, model: this.#publisher.ref, accepted: record.accepted, ended };
      this.#news.publish(header, contributorsOf(active.state), this.#participants);
      for (const client of this.#participants.keys()) this.#gathering.add(client);
    } else {
      this.#news.abandon({ round: record.round, reason: record.reason, ...(ended ? { ended } : {}) }, this.#participants);
    }
    const cost = this.#ledger.addUp(record.round, this.#publisher.noiseStddev);
    const seconds = (this.#parts.clock.now() - active.startedMs) / 1000;
    this.#parts.events.emit("round", { ...record, seconds, bytesUp: active.bytesUp, ended, ...cost });
    // An abandoned round is tried again after the gathering time: never in a tight loop.
    this.#rest(record.outcome === "published" ? this.#parts.restMs : this.#parts.gatherMs);
  }

  /** Begins no round for so long. */
  #rest(ms: number): void {
    this.#isPaused = ms > 0;
    if (ms === 0) this.#gather();
    else if (!this.#isStopped) this.#cancelPause = this.#parts.clock.after(ms, () => this.#rest(0));
  }
}
