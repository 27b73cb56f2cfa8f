/**
 * Drives the rounds of one run: draws a cohort, has it asked stage by stage, has the sum opened, publishes. The decisions are
 * shared/round.ts's; here are the clock, the store and the connections. Imports shared and server.
 *
 * Round numbers count attempts: an abandoned round's number is never used again, so that a keyholder that opens one sum for a
 * number never opens two sums of one round. An answer is acknowledged once it is checked and durable; a server that starts on a
 * store with an open round takes the durable answers in again and asks for the missing ones.
 *
 * Whatever moves a round goes through one queue: an event is taken in, its effects are made durable and carried out in their order, and only
 * then comes the next event. What happens while the disk is waited for, a lost device, a deadline, an answer, waits in the queue.
 */
import { isCofactorError } from "../shared/errors.ts";
import type { LedgerEntry } from "../shared/privacy/ledger.ts";
import { contributorsOf, type RoundEffect, type RoundEvent, stepRound } from "../shared/round.ts";
import { hasEnded } from "../shared/run.ts";
import type { AnswerHeader, ModelRef, RequestHeader } from "../shared/wire/messages.ts";
import { type ActiveRound, type EnteredRound, enterRound, keptRound, notOpen, recordOf, restoreRound } from "./active-round.ts";
import { Attendance } from "./attendance.ts";
import { chooseCohort } from "./cohort.ts";
import { type Collection, type CoordinatorParts, type CoordinatorStatus, collectStage, type Participant } from "./coordinator-parts.ts";
import type { Desk } from "./desk.ts";
import { Gathering } from "./gathering.ts";
import { Ledger } from "./ledger.ts";
import { News } from "./news.ts";
import { countAnswers, countRound, type OpenRoundCounts, Orders } from "./orders.ts";
import { Publisher } from "./publisher.ts";
import { type RevealedRound, revealRound } from "./reveal.ts";
import { Serial } from "./serial.ts";
import { Stages } from "./stages.ts";
import type { Driver, RoundRecord } from "./store.ts";

/** Drives the rounds of one run. */
export class Coordinator implements Desk {
  readonly #parts: CoordinatorParts;
  readonly #attendance = new Attendance<Participant>();
  readonly #queue = new Serial();
  readonly #news = new News();
  #driver!: Driver;
  #publisher!: Publisher;
  #ledger!: Ledger;
  #gathering!: Gathering;
  #stages!: Stages;
  /** The newest round that has begun, and the newest that is over. */
  #lastRound = 0;
  #overRound = 0;
  #active: ActiveRound | undefined;
  #cancelPause: (() => void) | undefined;
  #isPaused = true;
  /** True from the decision to begin a round until it is the open one; for good when that fails, since the driving stops then. */
  #isBeginning = false;
  #hasFailed = false;
  #isStopped = false;
  #orders!: Orders;

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
  }

  /**
   * Takes the run over, and loads or makes its state, and the open round when there is one.
   * @throws CofactorError LEDGER_CORRUPT when terms promise privacy and the store's ledger does not bear them out; STORE_FAILED; FENCED when another
   *   server takes the run over meanwhile
   */
  async start(): Promise<void> {
    const { run, store, clock, gatherMs, events } = this.#parts;
    this.#driver = await store.takeOver(run.terms.id);
    this.#ledger = await Ledger.open(run, store);
    this.#gathering = new Gathering({ run, clock, gatherMs, ledger: this.#ledger, events, onReady: () => this.#begin() });
    this.#publisher = await Publisher.open({ ...this.#parts, driver: this.#driver });
    this.#stages = new Stages({
      ...this.#parts,
      driver: this.#driver,
      participants: this.#attendance.present,
      model: () => this.#publisher.ref,
      isCurrent: (active) => this.#isCurrent(active),
      queue: (active, work) => this.#enqueue(active.state.round, work),
      save: (active, stage) => this.#save(active, stage),
      apply: (active, event) => this.#apply(active, event),
      fail: (active, error) => this.#fail(active, error),
      onIdle: (client) => this.#gathering.remove(client),
    });
    this.#overRound = await store.overRound(run.terms.id);
    this.#lastRound = this.#overRound;
    this.#ledger.addUp(this.#lastRound, undefined);
    const onReplaced = (error: unknown): void => void this.#enqueue(this.#lastRound, () => Promise.reject(error));
    this.#orders = await Orders.open({ ...this.#parts, driver: this.#driver, driving: this, onOrdered: () => this.#obey(), onReplaced });
    this.#isPaused = false;
    await this.#resume();
  }

  /** Ends the driving: no timer stays, nothing more is asked. What is durable stays durable. */
  stop(): void {
    this.#isStopped = true;
    this.#gathering?.stop();
    this.#cancelPause?.();
    this.#active?.cancelDeadline();
    this.#stages?.clear();
  }

  /** Begins no further round; the open one goes on. */
  drain(): void {
    this.#gathering.end();
  }

  expects(client: string): boolean {
    return (this.#active?.state.members.get(client) ?? "gone") !== "gone";
  }

  /** The newest published model: for reading. */
  get published(): Pick<Publisher, "ref" | "model" | "catalogue"> {
    return this.#publisher;
  }

  get ref(): ModelRef {
    return this.#publisher.ref;
  }

  /** Its fencing token: who took the run over before has a lower one. */
  get epoch(): number {
    return this.#driver.epoch;
  }

  /** True when the store failed and the driving has stopped. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  get hasEnded(): boolean {
    return (
      this.#active === undefined && (this.#orders.standing === "ended" || hasEnded(this.#parts.run, this.#publisher.model, this.#overRound))
    );
  }

  /** The operator's words about the run. */
  get orders(): Orders {
    return this.#orders;
  }

  /** The open round, counted; undefined while there is none. */
  get openRound(): OpenRoundCounts | undefined {
    return this.#active === undefined ? undefined : countRound(this.#active, this.#attendance.present, this.#parts.clock.now());
  }

  /** Who took part in what, and what it cost: for reading. */
  get ledger(): Ledger {
    return this.#ledger;
  }

  over(): number {
    return this.#overRound;
  }

  /** Answers that another process has taken in; they are durable. Others than of the open round and stage change nothing. */
  answered(round: number, stage: number, clients: readonly string[]): void {
    const active = this.#active;
    if (active?.state.round === round) void this.#enqueue(round, () => this.#apply(active, { kind: "answered", stage, clients }));
  }

  /** Does work while no round moves and no publication is under way. What it throws is the caller's. */
  undisturbed<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return this.#queue.run(work);
  }

  /** Public facts for status pages. */
  get status(): CoordinatorStatus {
    const phase = this.#active?.state.phase ?? (this.#isBeginning ? "collecting" : "gathering");
    return {
      round: this.#active?.state.round ?? this.#lastRound,
      phase: this.#hasFailed ? "failed" : this.hasEnded ? "ended" : phase,
      published: this.#publisher.model.round,
      connected: this.#attendance.present.size,
      ...countAnswers(this.#active),
    };
  }

  connect(client: string, participant: Participant, toldModel: string): void {
    this.#attendance.add(client, participant, toldModel);
    this.#gathering.add(client);
    this.#news.comeBack(client, participant, toldModel);
    this.#stages.comeBack(this.#active, client);
    this.#gather();
  }

  disconnect(client: string, participant: Participant): void {
    const departure = this.#attendance.remove(client, participant);
    if (departure.kind === "elsewhere") this.connect(client, departure.way.person, departure.way.told);
    if (departure.kind !== "gone") return;
    this.#gathering.remove(client);
    if (this.#active !== undefined) this.#stages.grantGrace(this.#active, client);
  }

  leave(client: string): void {
    this.#attendance.forget(client);
    this.#gathering.remove(client);
    if (this.#active !== undefined) this.#stages.giveUp(this.#active, client);
  }

  async answer(client: string, header: RequestHeader<"answer">, bytes: Uint8Array): Promise<AnswerHeader<"answer">> {
    return this.#stages.answer(this.#expectRound(header.round), client, header, bytes);
  }

  async brief(client: string, { round, stage, offset }: RequestHeader<"brief">): Promise<Uint8Array> {
    return this.#stages.brief(this.#expectRound(round), client, stage, offset);
  }

  #expectRound(round: number): ActiveRound {
    const active = this.#active;
    if (active?.state.round === round) return active;
    throw notOpen(round, this.#lastRound, active?.state.round);
  }

  #gather(): void {
    const isBusy = this.#active !== undefined || this.#isBeginning;
    if (isBusy || this.#isPaused || this.#isStopped || this.#orders.standing === "paused" || this.hasEnded) return;
    this.#gathering.consider(this.#lastRound + 1);
  }

  /** Whoever is in the open round is told of the end with it. */
  #obey(): void {
    this.#gathering.stop();
    if (!this.hasEnded || this.#isBeginning) this.#gather();
    else this.#news.abandon({ round: this.#lastRound, reason: "the operator ended the run", ended: true }, this.#attendance.present);
  }

  #begin(): void {
    this.#isBeginning = true;
    const round = this.#lastRound + 1;
    void this.#enqueue(round, () => this.#open(round));
  }

  /** Draws a cohort, makes the round durable, and enters it. */
  async #open(round: number): Promise<void> {
    const { run, store, secure, primitives, clock, events } = this.#parts;
    const { cohort, problem } = chooseCohort(run, this.#gathering.candidates(round), secure);
    const save = (entry?: LedgerEntry): Promise<void> => store.saveRound(this.#driver, { round, stage: 0, cohort }, entry);
    await this.#ledger.write({ round, kind: "began", clients: cohort }, save);
    this.#lastRound = round;
    if (this.#isStopped) return;
    events.emit("began", { round, invited: cohort.length });
    const { active, effects } = await enterRound(run, round, cohort, { secure, primitives }, clock.now());
    if (this.#isStopped) return;
    await this.#enter({ active, effects: problem === undefined ? effects : [{ kind: "abandon", reason: problem }] });
    // Whoever was lost meanwhile. After a restart all are away, and have the whole stage to come back.
    for (const client of cohort) if (!this.#attendance.present.has(client)) this.#stages.grantGrace(active, client);
  }

  /** Goes on with the round that a killed server left open. */
  async #resume(): Promise<void> {
    const { run, store, clock, secure, primitives, collection } = this.#parts;
    const kept = await keptRound(run.terms.id, store, collection !== undefined);
    if (kept === undefined) return;
    const { open, known } = kept;
    this.#lastRound = open.round;
    const entered = await restoreRound(run, kept, { secure, primitives }, clock.now());
    await this.#queue.run(async () => {
      await this.#enter(entered);
      if (known.length > 0) await this.#apply(entered.active, { kind: "answered", stage: open.stage, clients: known });
    });
  }

  async #enter({ active, effects }: EnteredRound): Promise<void> {
    this.#active = active;
    this.#isBeginning = false;
    await this.#carryOut(active, effects);
  }

  #isCurrent(active: ActiveRound): boolean {
    return this.#active === active && !this.#isStopped;
  }

  /**
   * Does work behind all that was handed over before; it is not begun after a stop. A store that fails stops the driving: nothing goes on from a
   * state that is not durable. A new start on the store goes on.
   */
  #enqueue(round: number, work: () => void | Promise<void>): Promise<void> {
    return this.#queue.run(async () => {
      try {
        if (!this.#isStopped) await work();
      } catch (error) {
        if (this.#isStopped) return;
        this.#hasFailed = true;
        this.stop();
        this.#parts.events.emit("failed", { round, error });
      }
    });
  }

  /** Within the queue. The state has moved when the call returns; its effects are carried out when it settles. */
  async #apply(active: ActiveRound, event: RoundEvent): Promise<void> {
    if (!this.#isCurrent(active)) return;
    const { state } = active;
    let step = stepRound(state, event);
    const hasClosed = step.state.stage !== state.stage || step.state.phase !== state.phase;
    if (this.#parts.collection !== undefined && event.kind !== "failed" && state.phase === "collecting" && hasClosed) {
      const closed = await this.#close(active, this.#parts.collection);
      if (!this.#isCurrent(active)) return;
      step = stepRound(active.state, closed);
    }
    active.state = step.state;
    await this.#carryOut(active, step.effects);
  }

  /** From the write on nobody takes an answer of the stage: then it is certain who has answered it. */
  async #close(active: ActiveRound, collection: Collection): Promise<RoundEvent> {
    const { stage } = active.state;
    await this.#save(active, stage + 1);
    return collectStage(collection, active, stage, this.#parts.events);
  }

  /** Makes a stage durable, unless it is. */
  async #save(active: ActiveRound, stage: number): Promise<void> {
    if (stage <= active.savedStage) return;
    const { round, members } = active.state;
    await this.#parts.store.saveRound(this.#driver, { round, stage, cohort: [...members.keys()] });
    active.savedStage = stage;
  }

  async #carryOut(active: ActiveRound, effects: readonly RoundEffect[]): Promise<void> {
    for (const effect of effects) {
      if (effect.kind === "ask") await this.#stages.begin(active, effect.clients);
      else if (effect.kind === "reveal") await this.#fix(active);
      else if (effect.kind === "abandon") await this.#abandon(active, effect.reason);
    }
  }

  /** From here on the contributors are fixed, also for a server that starts again; the sum is opened beside the queue. */
  async #fix(active: ActiveRound): Promise<void> {
    const { events } = this.#parts;
    active.cancelDeadline();
    // A log that breaks the promise ends the run before anything is opened.
    this.#ledger.assertKept();
    const { round, stages } = active.state;
    await this.#save(active, stages);
    if (!this.#isCurrent(active)) return;
    events.emit("revealing", { round, contributors: contributorsOf(active.state).length });
    void this.#reveal(active);
  }

  async #reveal(active: ActiveRound): Promise<void> {
    try {
      const revealed = await revealRound(this.#parts, this.#publisher, active, () => this.#isStopped);
      if (revealed !== undefined) void this.#enqueue(active.state.round, () => this.#publish(active, revealed));
    } catch (error) {
      this.#fail(active, error);
    }
  }

  async #publish(active: ActiveRound, { next, record, without }: RevealedRound): Promise<void> {
    if (!this.#isCurrent(active)) return;
    this.#parts.events.emit("publishing", { round: record.round });
    const fact = { round: record.round, kind: "released", clients: contributorsOf(active.state) } as const;
    await this.#ledger.write(fact, (entry) => this.#publisher.publish(next, record, entry));
    await this.#apply(active, { kind: "revealed", without });
    this.#finish(active, record);
  }

  /** What goes wrong outside the store ends the round alone. */
  #fail(active: ActiveRound, error: unknown): void {
    if (this.#isStopped) return;
    this.#parts.events.emit("failed", { round: active.state.round, error });
    const reason = isCofactorError(error) ? `${error.code}: ${error.message}`.slice(0, 300) : "INTERNAL";
    void this.#enqueue(active.state.round, () => this.#apply(active, { kind: "failed", reason }));
  }

  async #abandon(active: ActiveRound, reason: string): Promise<void> {
    active.cancelDeadline();
    const record = recordOf(active, { outcome: "abandoned", sha256: this.#publisher.ref.sha256, reason });
    const fact = { round: record.round, kind: "abandoned", clients: [] } as const;
    await this.#ledger.write(fact, (entry) => this.#parts.store.abandon(this.#driver, record, entry));
    this.#finish(active, record);
  }

  /** What is durable is told. */
  #finish(active: ActiveRound, record: RoundRecord): void {
    this.#active = undefined;
    this.#overRound = record.round;
    this.#stages.clear();
    const ended = this.hasEnded;
    if (record.outcome === "published") {
      const header = { round: record.round, model: this.#publisher.ref, accepted: record.accepted, ended };
      this.#news.publish(header, contributorsOf(active.state), this.#attendance.present);
      for (const client of this.#attendance.present.keys()) this.#gathering.add(client);
    } else {
      this.#news.abandon({ round: record.round, reason: record.reason, ...(ended ? { ended } : {}) }, this.#attendance.present);
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
