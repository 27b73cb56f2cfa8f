/**
 * A gateway's desk: receives clients, checks their answers, makes them durable itself, adds them up, and tells the coordinator who answered. Imports
 * shared, the intake, the gateway's round.
 *
 * Nothing here is needed for the sum to be right: what is durable counts, whether the coordinator was told of it or not. What was said over a link that
 * is lost is said again over the next one.
 */
import type { Clock } from "../../shared/clock.ts";
import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import { standingOf } from "../../shared/round.ts";
import { type Channel, maxPayloadBytes, noBytes, type Packet } from "../../shared/transport.ts";
import { type AnswerHeader, type ModelRef, parseRequest, type RequestHeader } from "../../shared/wire/messages.ts";
import { Attendance } from "../attendance.ts";
import type { Attendee, Desk } from "../desk.ts";
import { takeAnswer } from "../intake.ts";
import type { Store } from "../store.ts";
import { Batches } from "./batches.ts";
import { GatewayRound, type GatewayRoundParts } from "./gateway-round.ts";
import { type AskOutcome, type LinkRequests, parseLinkRequest, type View } from "./messages.ts";

/** What a gateway's desk works with. */
export interface GatewayDeskParts extends Omit<GatewayRoundParts, "nowMs"> {
  readonly clock: Clock;
  /** How long an answer waits for the next coordinator when the last one has been replaced. */
  readonly patienceMs: number;
  /** Of all unfinished answers together. */
  readonly maxBytesInFlight: number;
}

interface Present {
  readonly attendee: Attendee;
  told: string;
}

/** A gateway's desk. */
export class GatewayDesk implements Desk {
  readonly #parts: GatewayDeskParts;
  readonly #attendance = new Attendance<Present>();
  readonly #presents = new WeakMap<Attendee, Present>();
  readonly #batches = new Batches(() => this.#link);
  #link: Channel | undefined;
  #view: View | undefined;
  #waiters: (() => void)[] = [];
  #round: GatewayRound | undefined;
  /** The stage that is being read from the store. */
  #opening: { readonly key: string; readonly work: Promise<GatewayRound | undefined> } | undefined;
  /** The part that is being handed over, as it was when it was asked for. */
  #part: { readonly key: string; readonly bytes: Uint8Array; readonly bytesUp: number } | undefined;

  constructor(parts: GatewayDeskParts) {
    this.#parts = parts;
  }

  get ref(): ModelRef {
    if (this.#view === undefined) throw new CofactorError("UNAVAILABLE", "this gateway knows of no coordinator yet", { retryable: true });
    return this.#view.model;
  }

  get hasEnded(): boolean {
    return this.#view?.ended ?? false;
  }

  /** True while a coordinator is there. */
  get isLinked(): boolean {
    return this.#link !== undefined;
  }

  /** How many clients are here, under which epoch their answers are kept, and what unfinished ones announce to be. */
  get status(): { readonly connected: number; readonly epoch: number; readonly published: number; readonly bytesInFlight: number } {
    const { epoch = 0, model } = this.#view ?? {};
    const bytesInFlight = this.#round?.active.uploads.bytes ?? 0;
    return { connected: this.#attendance.present.size, epoch, published: model?.round ?? 0, bytesInFlight };
  }

  /** As the store has it: of one moment with what the store says of a client. */
  over(): Promise<number> {
    const { run, store } = this.#parts;
    return store.overRound(run.terms.id);
  }

  /** A coordinator is there: it learns who is here, and what is durable. */
  attach(channel: Channel, view: View): void {
    const before = this.#view;
    this.#take(view);
    this.#link = channel;
    channel.serve((kind, packet) => this.#handle(kind, packet));
    const isMissing =
      before !== undefined && (before.over !== view.over || before.model.sha256 !== view.model.sha256 || before.ended !== view.ended);
    // Who comes back learns what became of the rounds, from the store.
    if (isMissing) for (const { attendee } of [...this.#attendance.present.values()]) attendee.close("rounds went on without this gateway");
    const round = this.#round;
    if (round !== undefined) for (const client of round.answered) this.#reportAnswered(round, client);
    this.#batches.flush();
    for (const [client, { told }] of this.#attendance.present) this.#batches.add("here", {}, [client, told]);
  }

  /** It is gone. */
  detach(channel: Channel): void {
    if (this.#link === channel) this.#link = undefined;
  }

  expects(client: string): boolean {
    return (this.#round?.statusOf(client) ?? "gone") !== "gone";
  }

  connect(client: string, attendee: Attendee, toldModel: string): void {
    const present = { attendee, told: toldModel };
    this.#presents.set(attendee, present);
    this.#attendance.add(client, present, toldModel);
    this.#batches.add("here", {}, [client, toldModel]);
  }

  disconnect(client: string, attendee: Attendee): void {
    const present = this.#presents.get(attendee);
    if (present === undefined) return;
    const departure = this.#attendance.remove(client, present);
    if (departure.kind === "gone") this.#batches.add("away", { left: false }, client);
    if (departure.kind === "elsewhere") this.#batches.add("here", {}, [client, departure.way.person.told]);
  }

  leave(client: string): void {
    this.#attendance.forget(client);
    this.#batches.add("away", { left: true }, client);
  }

  async answer(client: string, header: RequestHeader<"answer">, bytes: Uint8Array): Promise<AnswerHeader<"answer">> {
    const round = this.#expectRound(header.round);
    const { run, store, maxBytesInFlight } = this.#parts;
    const driver = { run: run.terms.id, epoch: this.#view!.epoch };
    const patient: Pick<Store, "saveAnswer"> = { saveAnswer: (_, number, answer) => this.#save(store, number, answer) };
    return takeAnswer(
      { run, store: patient, driver, maxBytesInFlight },
      round.active,
      client,
      header,
      bytes,
      async (whole, settle, fate) => {
        // "duplicate" may be in another gateway's sum already: whatever is in none is read from the store.
        round.keep(client, fate === "saved" ? { bytes: whole, signature: header.signature } : undefined);
        settle();
        this.#reportAnswered(round, client);
        return fate === "saved" ? "accepted" : "duplicate";
      },
    );
  }

  async brief(client: string, { round: number, stage, offset }: RequestHeader<"brief">): Promise<Uint8Array> {
    const { active, round } = this.#expectRound(number);
    if (standingOf(active.state, client, stage) !== "expected")
      throw new CofactorError("ROUND_CLOSED", `this client is not asked for stage ${stage} of round ${round}: wait for an invitation`);
    const brief = active.aggregator.brief(stage, client);
    if (offset >= brief.length) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected less than ${brief.length}, got ${offset}`);
    return brief.subarray(offset, offset + maxPayloadBytes);
  }

  #take(view: View): void {
    this.#view = view;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  #expectRound(number: number): GatewayRound {
    const round = this.#round;
    if (round?.round === number) return round;
    if (round !== undefined && number < round.round)
      throw new CofactorError("ROUND_CLOSED", `round ${number} is over: wait for the next invitation`);
    throw new CofactorError("ROUND_STALE", `round ${number} is not open here: wait for an invitation`);
  }

  /** Under the newest epoch that is known; where that is replaced, under the next one. */
  async #save(store: Store, round: number, answer: Parameters<Store["saveAnswer"]>[2]): ReturnType<Store["saveAnswer"]> {
    const { run, clock, patienceMs } = this.#parts;
    const untilMs = clock.now() + patienceMs;
    for (;;) {
      const { epoch } = this.#view!;
      try {
        return await store.saveAnswer({ run: run.terms.id, epoch }, round, answer);
      } catch (error) {
        if (!isCofactorError(error) || error.code !== "FENCED" || clock.now() >= untilMs) throw error;
        if (this.#view!.epoch === epoch) await this.#nextView(untilMs - clock.now());
      }
    }
  }

  /** Settles with the next view, or when the time is over. */
  #nextView(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(timeoutMs, resolve);
      this.#waiters.push(() => {
        cancel();
        resolve();
      });
    });
  }

  #handle(kind: string, { header }: Packet): Packet {
    switch (kind) {
      case "ask":
        void this.#ask(parseLinkRequest("ask", header));
        break;
      case "news":
        this.#tell(parseLinkRequest("news", header));
        break;
      case "view":
        this.#take(parseLinkRequest("view", header));
        break;
      case "part":
        return this.#handOver(parseLinkRequest("part", header));
      default:
        throw new CofactorError("MESSAGE_MALFORMED", "expected a coordinator's message");
    }
    return { header: {}, payload: noBytes };
  }

  async #ask({ round, stage, model, deadlineMs, clients }: LinkRequests["ask"]): Promise<void> {
    const opened = await this.#open(round, stage).catch(() => undefined);
    await Promise.all(
      clients.map(async (client) => {
        if (opened?.statusOf(client) === "answered") return this.#reportAnswered(opened, client);
        const outcome = opened === undefined ? "lost" : await this.#askOne(opened, client, { model, deadlineMs });
        this.#batches.add("told", { round, stage, outcome }, client);
      }),
    );
  }

  async #askOne(opened: GatewayRound, client: string, told: Pick<RequestHeader<"ask">, "model" | "deadlineMs">): Promise<AskOutcome> {
    const present = this.#attendance.present.get(client);
    if (present === undefined || opened.statusOf(client) !== "asked") return "lost";
    const { round, stage, active } = opened;
    try {
      const brief = active.aggregator.brief(stage, client);
      const header = { ...told, round, stage, briefBytes: brief.length, received: active.uploads.received(client) };
      const { takesPart, isIdle } = await present.attendee.ask(header, brief.subarray(0, maxPayloadBytes));
      return takesPart ? "takes part" : isIdle === true ? "idle" : "declined";
    } catch (error) {
      // A lost connection's end starts the grace period; a client that is only slow has until the deadline. Any other error is a no.
      const isLost = isCofactorError(error) && (error.code === "DISCONNECTED" || error.code === "TIMED_OUT");
      return isLost ? "lost" : "declined";
    }
  }

  /** The stage that is asked for, read from the store once. */
  async #open(round: number, stage: number): Promise<GatewayRound | undefined> {
    if (this.#round?.round === round && this.#round.stage === stage) return this.#round;
    const { run, store, tools, clock } = this.#parts;
    const key = `${round} ${stage}`;
    if (this.#opening?.key !== key) {
      const work = GatewayRound.open({ run, store, tools, nowMs: clock.now() }, round, stage).then((opened) => {
        if (opened !== undefined) this.#round = opened;
        return opened;
      });
      this.#opening = { key, work };
      const forget = (): void => {
        if (this.#opening?.work === work) this.#opening = undefined;
      };
      work.then(forget, forget);
    }
    return this.#opening.work;
  }

  #reportAnswered({ round, stage }: GatewayRound, client: string): void {
    this.#batches.add("answered", { round, stage }, client);
  }

  #tell(news: LinkRequests["news"]): void {
    const { clients } = news;
    const view = this.#view!;
    if (news.kind === "published") {
      const header = parseRequest("published", news.header);
      this.#view = { ...view, model: header.model, ended: header.ended, over: header.round };
      this.#announce(clients, "published", header, header.model.sha256);
    } else {
      const header = parseRequest("abandoned", news.header);
      this.#view = { ...view, ended: header.ended ?? view.ended, over: header.round };
      this.#announce(clients, "abandoned", header, undefined);
    }
  }

  #announce(
    clients: readonly string[],
    kind: "published" | "abandoned",
    header: RequestHeader<"published"> | RequestHeader<"abandoned">,
    told: string | undefined,
  ): void {
    for (const client of clients) {
      const present = this.#attendance.present.get(client);
      if (present === undefined) continue;
      present.told = told ?? present.told;
      present.attendee.announce(kind, header);
    }
  }

  #handOver({ round, stage, offset }: LinkRequests["part"]): Packet {
    const key = `${round} ${stage}`;
    if (offset === 0 || this.#part?.key !== key) {
      const asked = this.#round?.round === round && this.#round.stage === stage ? this.#round : undefined;
      this.#part = { key, bytes: asked?.export() ?? emptyPart, bytesUp: asked?.active.bytesUp ?? 0 };
    }
    const { bytes, bytesUp } = this.#part;
    return { header: { total: bytes.length, bytesUp }, payload: bytes.subarray(offset, offset + maxPayloadBytes) };
  }
}

const emptyPart = new Uint8Array([2, 0, 0, 0, 0x5b, 0x5d]);
