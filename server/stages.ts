/**
 * The stages of an open round: asks its devices, hands out briefs, takes answers, and says who is waited for no more. Everything that moves
 * the round, or that must be durable first, is done in the coordinator's queue. Imports shared and server.
 *
 * The round's state moves in memory before the next stage is durable, so that nothing of the last stage is taken any more; nobody is told of
 * the next one, and nothing of it is taken, before it is durable.
 */
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { type RoundEvent, standingOf } from "../shared/round.ts";
import { roundFrame } from "../shared/run.ts";
import { maxPayloadBytes } from "../shared/transport.ts";
import type { AnswerHeader, ModelRef, RequestHeader } from "../shared/wire/messages.ts";
import { Absences } from "./absences.ts";
import type { ActiveRound } from "./active-round.ts";
import { AskPace } from "./ask-pace.ts";
import type { CoordinatorParts, Participant } from "./coordinator-parts.ts";
import { type TakenAs, takeAnswer } from "./intake.ts";
import type { Driver } from "./store.ts";

/** What the stages work with. */
export interface StagesParts extends CoordinatorParts {
  readonly driver: Driver;
  readonly participants: ReadonlyMap<string, Participant>;
  /** The newest published model. */
  model(): ModelRef;
  /** True while a round is the open one and is being driven. */
  isCurrent(active: ActiveRound): boolean;
  /** Does work on a round in the coordinator's queue; what it throws ends the driving. */
  queue(active: ActiveRound, work: () => void | Promise<void>): Promise<void>;
  /** Within the queue: makes a stage of the round durable. */
  save(active: ActiveRound, stage: number): Promise<void>;
  /**
   * Within the queue: takes an event in.
   * @returns settles when its effects are carried out; the round's state has moved when the call returns
   */
  apply(active: ActiveRound, event: RoundEvent): Promise<void>;
  /** The round cannot go on; the run can. */
  fail(active: ActiveRound, error: unknown): void;
  /** A client wants to be left alone until it comes again. */
  onIdle(client: string): void;
}

/** Drives the stages of one round at a time. */
export class Stages {
  readonly #parts: StagesParts;
  readonly #absences: Absences;
  readonly #pace: AskPace;

  constructor(parts: StagesParts) {
    this.#parts = parts;
    this.#absences = new Absences(parts.clock, parts.run.terms.deadline.graceMs);
    this.#pace = new AskPace(parts.clock);
  }

  /** Within the queue: makes the round's stage durable, and asks whoever of `clients` is there. */
  async begin(active: ActiveRound, clients: readonly string[]): Promise<void> {
    const { run, clock, events, participants, isCurrent } = this.#parts;
    const { stage, round } = active.state;
    events.emit("stage", { round, stage, name: run.protection.stages[stage]!, asked: clients.length });
    if (stage > 0) await this.#parts.save(active, stage);
    if (!isCurrent(active)) return;
    active.uploads.clear();
    active.cancelDeadline();
    active.isDue = false;
    active.deadlineAtMs = clock.now() + run.terms.deadline.stageMs;
    active.cancelDeadline = clock.after(run.terms.deadline.stageMs, () => {
      active.isDue = true;
      this.#closeIfDue(active);
    });
    active.openStage = stage;
    if (active.begunStage < stage) {
      active.begunStage = stage;
      active.begun = this.#prepare(active, stage, clients);
    }
    this.#pace.begin({
      stage,
      clients: clients.filter((client) => participants.has(client)),
      maxAnswerBytes: run.protection.maxAnswerBytes(stage, roundFrame(run, round)),
      // Devices that are asked last still have most of the stage.
      mostMs: run.terms.deadline.stageMs / 4,
      waiting: () => active.saving.size,
      ask: (client) => void this.#ask(active, client),
    });
    // Last, since it may end the stage.
    const overdue = clients.filter((client) => this.#absences.isOverdue(client));
    if (overdue.length > 0) await this.#parts.apply(active, { kind: "gone", clients: overdue });
  }

  /** A device is there, or back: it is asked if the open stage waits for it. */
  comeBack(active: ActiveRound | undefined, client: string): void {
    this.#absences.end(client);
    if (active?.state.phase !== "collecting" || active.openStage !== active.state.stage) return;
    if (active.state.members.get(client) === "asked" && !this.#pace.isToCome(client)) void this.#ask(active, client);
  }

  /** A device was lost: within a round it may come back until the grace is over, also when it has answered the stage. */
  grantGrace(active: ActiveRound, client: string): void {
    const standing = active.state.members.get(client);
    if (!this.#parts.isCurrent(active) || standing === undefined || standing === "gone") return;
    this.#absences.begin(client, () => this.#markGone(active, active.state.stage, client));
  }

  /** A device left for good: nobody waits for it. */
  giveUp(active: ActiveRound, client: string): void {
    if (!active.state.members.has(client)) return;
    this.#absences.giveUp(client);
    this.#markGone(active, active.state.stage, client);
  }

  /** The round is over, or its driving: no grace runs any more, and nobody is asked. */
  clear(): void {
    this.#absences.clear();
    this.#pace.stop();
  }

  /** Takes a chunk of a client's answer. @throws CofactorError what `takeAnswer` refuses */
  async answer(active: ActiveRound, client: string, header: RequestHeader<"answer">, bytes: Uint8Array): Promise<AnswerHeader<"answer">> {
    const cameAtMs = this.#parts.clock.now();
    try {
      const taken = await takeAnswer(this.#parts, active, client, header, bytes, (whole, settle) =>
        this.#takeIn(active, client, header, whole, settle),
      );
      if (taken.status === "accepted") this.#pace.took(header.stage, header.total, this.#parts.clock.now() - cameAtMs);
      return taken;
    } catch (error) {
      // Another server drives the run now; or nobody knows whether the answer is durable: a new start finds out.
      if (isCofactorError(error) && (error.code === "FENCED" || error.details["inDoubt"] === true))
        void this.#parts.queue(active, () => Promise.reject(error));
      throw error;
    } finally {
      this.#closeIfDue(active);
      // The grace may have passed while an answer was being made durable that then could not be.
      if (this.#absences.isOverdue(client)) this.#markGone(active, header.stage, client);
    }
  }

  /**
   * A chunk of the brief of the stage that a client is asked for.
   * @throws CofactorError ROUND_CLOSED when it is not asked for that stage, MESSAGE_MALFORMED beyond the brief's end
   */
  async brief(active: ActiveRound, client: string, stage: number, offset: number): Promise<Uint8Array> {
    if (standingOf(active.state, client, stage) !== "expected" || active.openStage !== stage) {
      const { round } = active.state;
      throw new CofactorError("ROUND_CLOSED", `this client is not asked for stage ${stage} of round ${round}: wait for an invitation`);
    }
    await active.begun;
    const brief = active.aggregator.brief(stage, client);
    if (offset >= brief.length) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected less than ${brief.length}, got ${offset}`);
    return brief.subarray(offset, offset + maxPayloadBytes);
  }

  /**
   * A durable answer becomes a part of the sum. The round may be over by then: the answer was durable, and is acknowledged all the same.
   * @returns settles once it is in, and waits for nothing that comes of it
   */
  #takeIn(active: ActiveRound, client: string, header: RequestHeader<"answer">, whole: Uint8Array, settle: () => void): Promise<TakenAs> {
    const { queue, isCurrent, apply } = this.#parts;
    const { stage, signature } = header;
    return new Promise((resolve, reject) => {
      const work = async (): Promise<void> => {
        let effects: Promise<void> | undefined;
        try {
          if (isCurrent(active)) active.aggregator.combine(stage, client, whole, signature);
          settle();
          effects = apply(active, { kind: "answered", stage, clients: [client] });
          resolve("accepted");
        } catch (error) {
          reject(error);
        }
        await effects;
      };
      // After a stop the work is not begun: there is no sum to be in any more.
      void queue(active, work).then(() => resolve("accepted"));
    });
  }

  /** Readies the stage's briefs; a stage that cannot begin ends the round. */
  async #prepare(active: ActiveRound, stage: number, clients: readonly string[]): Promise<void> {
    try {
      await active.aggregator.begin(stage, clients);
    } catch (error) {
      this.#parts.fail(active, error);
    }
  }

  /** At the deadline the stage waits only for answers that are being made durable. */
  #closeIfDue(active: ActiveRound): void {
    if (!active.isDue || active.saving.size > 0) return;
    void this.#parts.queue(active, async () => {
      // Another stage may be open by now, and other answers under way.
      if (active.isDue && active.saving.size === 0) await this.#parts.apply(active, { kind: "deadline", stage: active.state.stage });
    });
  }

  async #ask(active: ActiveRound, client: string): Promise<void> {
    const { participants, isCurrent, clock, model } = this.#parts;
    const participant = participants.get(client);
    if (participant === undefined) return;
    const { stage, round } = active.state;
    await active.begun;
    if (!isCurrent(active) || active.state.stage !== stage || active.state.members.get(client) !== "asked") return;
    const deadlineMs = Math.max(0, Math.round(active.deadlineAtMs - clock.now()));
    const brief = active.aggregator.brief(stage, client);
    const received = active.uploads.received(client);
    const header = { round, stage, model: model(), deadlineMs, briefBytes: brief.length, received };
    try {
      const { takesPart, isIdle } = await participant.ask(header, brief.subarray(0, maxPayloadBytes));
      if (isIdle === true) this.#parts.onIdle(client);
      if (!takesPart) this.#markGone(active, stage, client);
    } catch (error) {
      // A lost connection's end starts the grace period; a client that is only slow has until the deadline. Any other error is a no.
      const isLost = isCofactorError(error) && (error.code === "DISCONNECTED" || error.code === "TIMED_OUT");
      if (!isLost) this.#markGone(active, stage, client);
    }
  }

  #markGone(active: ActiveRound, stage: number, client: string): void {
    void this.#parts.queue(active, async () => {
      if (active.state.stage === stage && !active.saving.has(client)) await this.#parts.apply(active, { kind: "gone", clients: [client] });
    });
  }
}
