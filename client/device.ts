/** A device at work: keeps one session alive, answers what the server asks, and serves the user. Imports shared and client's parts. */
import { type Clock, platformClock } from "../shared/clock.ts";
import { type Identity, seedOf } from "../shared/crypto/identity.ts";
import { createEmitter, type Emitter } from "../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { toRunId } from "../shared/ids.ts";
import { type SecureRng, secureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { RunTerms } from "../shared/terms.ts";
import { type Connector, noBytes, type Packet } from "../shared/transport.ts";
import { type ModelRef, parseRequest, type RequestHeader } from "../shared/wire/messages.ts";
import { decodeModel } from "../shared/wire/model-codec.ts";
import { Advice } from "./advice.ts";
import { Bell } from "./bell.ts";
import { Budget, type SpentPrivacy } from "./budget.ts";
import type { CatalogueFollower } from "./catalogue-follower.ts";
import type { Explanation } from "./explain.ts";
import { openFollower } from "./open-follower.ts";
import type { Ratings } from "./ratings.ts";
import type { Recommendation, RecommendOptions } from "./recommend.ts";
import { isRetryable, maxFinalAttempts, Retry } from "./retry.ts";
import { openSession, type Session } from "./session.ts";
import { connectorTo } from "./socket.ts";
import { nothingNew, outcomeUnknown } from "./standing.ts";
import { memoryStore } from "./stores/memory.ts";
import { Trainer } from "./trainer.ts";
import type { Client, ClientEvents, ClientOptions, ClientState, LeaveOptions, Participated, ParticipateOptions } from "./types.ts";
import { Vault } from "./vault.ts";
import { assertWithdrawn, isInSum } from "./withdrawal.ts";

/** How long after joining an invitation waits for the app to call `participate`. */
const holdMs = 1_000;
const nothing: Packet = { header: {}, payload: noBytes };

/** The client behind `createClient`. */
export class Device implements Client {
  readonly #options: ClientOptions;
  readonly #run: string;
  readonly #connect: Connector;
  readonly #secure: SecureRng;
  readonly #clock: Clock;
  /** Rung at every change that may end a wait. */
  readonly #bell: Bell;
  readonly #vault: Vault;
  readonly #budget: Budget;
  readonly #trainer: Trainer;
  readonly #advice: Advice;
  readonly #events = createEmitter<ClientEvents>();
  #state: ClientState = "idle";
  #identity: Identity | undefined;
  #session: Session | undefined;
  #opening: Promise<void> | undefined;
  /** Where items come and go. */
  #follower: CatalogueFollower | undefined;
  #newest: ModelRef | undefined;
  #joinedAtMs = 0;
  #hasEnded = false;
  #included = 0;
  readonly #retry: Retry;
  #isTakingPart = false;
  /** `included` at which the device has taken part in enough rounds. */
  #goal = 0;
  #fatal: CofactorError | undefined;
  #earlierTraffic = { bytesSent: 0, bytesReceived: 0 };
  #working: Promise<void> = Promise.resolve();
  /** The news of a round that is being taken in. */
  #news: Promise<unknown> = Promise.resolve();

  constructor(options: ClientOptions) {
    if ((options.connect === undefined) === (options.url === undefined)) throw new TypeError('one of "url" and "connect" expected');
    this.#options = options;
    this.#run = toRunId(options.run);
    this.#secure = options.secure ?? secureRng;
    this.#connect = options.connect ?? connectorTo(options.url!, this.#secure);
    this.#advice = new Advice(options.ratings, this.#secure);
    this.#clock = options.clock ?? platformClock;
    this.#bell = new Bell(this.#clock);
    this.#retry = new Retry(options.retryMs ?? 500, this.#clock, this.#secure);
    const store = options.store ?? memoryStore();
    this.#vault = new Vault(store, this.#run);
    this.#budget = new Budget(store, options.accept?.budget);
    this.#trainer = new Trainer({
      numbered: () => this.#advice.numbered,
      secret: () => seedOf(this.#identity!),
      ratingsAt: async (session, values) => this.#advice.ratingsIn(session.run, await this.#follower?.follow(session, values)),
      vault: this.#vault,
      budget: this.#budget,
      secure: this.#secure,
      primitives: options.primitives,
      maxRounds: options.accept?.maxRounds,
      onSending: (sent) => this.#events.emit("sent", sent),
    });
  }

  get on(): Emitter<ClientEvents>["on"] {
    return this.#events.on;
  }

  get state(): ClientState {
    return this.#state;
  }

  get id(): string | undefined {
    return this.#identity?.id;
  }

  get terms(): RunTerms | undefined {
    return this.#session?.run.terms;
  }

  get model(): ModelRef | undefined {
    return this.#advice.model;
  }

  get traffic(): { readonly bytesSent: number; readonly bytesReceived: number } {
    const now = this.#session?.channel.traffic ?? { bytesSent: 0, bytesReceived: 0 };
    return {
      bytesSent: this.#earlierTraffic.bytesSent + now.bytesSent,
      bytesReceived: this.#earlierTraffic.bytesReceived + now.bytesReceived,
    };
  }

  async join(): Promise<void> {
    await this.#open(undefined);
    await this.refresh();
  }

  async participate(options: ParticipateOptions = {}): Promise<Participated> {
    if (this.#isTakingPart) throw new TypeError('"participate" expected the earlier call to have ended');
    const { signal } = options;
    const before = this.#included;
    this.#goal = before + (options.rounds ?? Number.POSITIVE_INFINITY);
    if (this.#state === "closed") this.#become("idle");
    const wake = (): void => this.#bell.ring();
    signal?.addEventListener("abort", wake);
    this.#isTakingPart = true;
    this.#bell.ring();
    try {
      for (;;) {
        if (this.#fatal !== undefined) throw this.#fatal;
        const reason = this.#reasonToEnd(signal);
        if (reason === "signal" || reason === "closed") return { rounds: this.#included - before, reason };
        if (reason !== undefined) {
          // The goal is reached: no further invitation is taken while the last model is fetched.
          this.#isTakingPart = false;
          await this.#working;
          if (await this.#isFresh(signal)) return { rounds: this.#included - before, reason };
        } else if (this.#session?.channel.isOpen === true) await this.#bell.wait(60_000);
        else await this.#reopen(signal);
      }
    } finally {
      this.#isTakingPart = false;
      signal?.removeEventListener("abort", wake);
    }
  }

  recommend(options: RecommendOptions = {}): Recommendation[] {
    return this.#advice.recommend(options);
  }

  explain(item: number | string): Explanation | undefined {
    return this.#advice.explain(item);
  }

  setRatings(ratings: Ratings): void {
    this.#advice.setRatings(ratings);
    // Whoever comes back is asked anew.
    if (this.#trainer.isIdle) this.#session?.channel.close("the ratings have changed");
  }

  spent(): Promise<SpentPrivacy> {
    return this.#budget.spent();
  }

  async refresh(): Promise<void> {
    const session = this.#session;
    const ref = this.#newest;
    if (session === undefined || ref === undefined || this.#advice.model?.sha256 === ref.sha256) return;
    const { run } = session;
    const values = decodeModel(await session.pull(ref), run.sharedSize, run.terms.precision);
    const catalogue = await this.#follower?.follow(session, values);
    const part = await this.#trainer.privatePart(run, this.#advice.ratingsIn(run, catalogue));
    this.#advice.take({ run, ref, catalogue, opened: run.model.open(values) }, part);
  }

  async leave({ forget = false, signal }: LeaveOptions = {}): Promise<void> {
    if (this.#session?.channel.isOpen !== true) await this.#open(signal);
    if (forget && (await isInSum(this.#session!.run, this.#vault))) {
      this.setRatings([]);
      assertWithdrawn(await this.participate({ rounds: 1, ...(signal === undefined ? {} : { signal }) }));
    }
    if (this.#session?.channel.isOpen !== true) await this.#open(signal);
    await this.#session!.leave();
    this.close();
    await this.#working;
    await this.#vault.clear();
    this.#identity = undefined;
    this.#advice.forget();
  }

  close(): void {
    this.#become("closed");
    this.#session?.channel.close();
    this.#bell.ring();
  }

  #become(state: ClientState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#events.emit("state", state);
  }

  #reasonToEnd(signal: AbortSignal | undefined): Participated["reason"] | undefined {
    if (signal?.aborted === true) return "signal";
    if (this.#state === "closed") return "closed";
    if (this.#included >= this.#goal) return "rounds";
    return this.#hasEnded ? "ended" : undefined;
  }

  /** True once the newest model is here; connects again where that needs it. */
  async #isFresh(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      await this.refresh();
      return true;
    } catch (error) {
      if (!isRetryable(error) || this.#retry.attempts >= maxFinalAttempts) throw error;
      await this.#reopen(signal);
      return false;
    }
  }

  /** Connects again, when it is time. */
  async #reopen(signal: AbortSignal | undefined): Promise<void> {
    const isOver = (): boolean => signal?.aborted === true || this.#state === "closed";
    await this.#retry.wait(this.#bell, isOver);
    if (isOver()) return;
    this.#retry.attempts += 1;
    try {
      await this.#open(signal);
    } catch (error) {
      if (isOver()) return;
      if (!isRetryable(error)) throw error;
      this.#retry.hold((error as CofactorError).retryAfterMs);
      this.#events.emit("disconnected", { reason: isCofactorError(error) ? error.message : "could not connect" });
    }
  }

  #open(signal: AbortSignal | undefined): Promise<void> {
    this.#opening ??= this.#openSession(signal).finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #openSession(signal: AbortSignal | undefined): Promise<void> {
    this.#become("connecting");
    let session: Session;
    try {
      this.#identity ??= this.#options.identity ?? (await this.#vault.identity(this.#secure));
      const { accept = {}, primitives, invitation } = this.#options;
      const parts = { connect: this.#connect, run: this.#run, vault: this.#vault, clock: this.#clock };
      session = await openSession({ ...parts, accept, identity: this.#identity, primitives, invitation, signal });
      this.#follower ??= await openFollower(session, this.#advice, this.#vault);
    } catch (error) {
      if (this.state !== "closed") this.#become("disconnected");
      throw error;
    }
    if (this.state === "closed") {
      session.channel.close();
      throw new CofactorError("CANCELLED", "the client was closed while it connected");
    }
    this.#session?.channel.close("replaced by a newer connection");
    this.#earlierTraffic = this.traffic;
    this.#session = session;
    this.#newest = session.joined.model;
    this.#hasEnded = session.joined.ended;
    this.#joinedAtMs = this.#clock.now();
    await this.#trainer.rejoin(session.run, session.joined);
    this.#become("joined");
    session.channel.onClose((reason) => {
      if (this.#session !== session) return;
      if (this.#state !== "closed") this.#become("disconnected");
      this.#retry.lost();
      this.#events.emit("disconnected", { reason });
      this.#bell.ring();
    });
    session.channel.serve((kind, packet) => this.#handle(session, kind, packet));
    const { run, joined } = session;
    this.#events.emit("joined", { isNew: joined.isNew, terms: run.terms, leftOut: this.#advice.leftOut(run) });
  }

  async #handle(session: Session, kind: string, packet: Packet): Promise<Packet> {
    switch (kind) {
      case "ask":
        return this.#asked(session, parseRequest("ask", packet.header), packet.payload.slice());
      case "published":
        await this.#tell(this.#published(session.run, parseRequest("published", packet.header)));
        return nothing;
      case "abandoned": {
        const header = parseRequest("abandoned", packet.header);
        await this.#tell(this.#inTurn(async () => void (await this.#trainer.settle(session.run, header.round, false))));
        this.#events.emit("abandoned", { round: header.round, reason: header.reason });
        if (header.ended === true) {
          this.#hasEnded = true;
          this.#bell.ring();
        }
        return nothing;
      }
      case "closing":
        this.#retry.hold(parseRequest("closing", packet.header).retryAfterMs);
        return nothing;
      default:
        throw new CofactorError("MESSAGE_MALFORMED", 'a device expected "ask", "published", "abandoned" or "closing"');
    }
  }

  /** Lets the next invitation wait until the news is taken in: it may be what ends taking part. */
  #tell(news: Promise<void>): Promise<void> {
    this.#news = news.catch(() => undefined);
    return news;
  }

  async #published(run: Run, header: RequestHeader<"published">): Promise<void> {
    let included = false;
    // Behind the work of this round: its private part is kept or dropped as a whole.
    await this.#inTurn(async () => {
      included = (await this.#trainer.settle(run, header.round, header.included)) && header.included;
    });
    this.#newest = header.model;
    this.#hasEnded = header.ended;
    this.#retry.attempts = 0;
    if (included) this.#included += 1;
    this.#events.emit("published", { round: header.round, accepted: header.accepted, included, ended: header.ended });
    this.#bell.ring();
  }

  async #asked(session: Session, header: RequestHeader<"ask">, start: Uint8Array): Promise<Packet> {
    await this.#news;
    if (!(await this.#isWilling())) return this.#decline(header, "this device does not take part at present");
    let brief: Uint8Array;
    try {
      brief = await session.brief(header, start);
    } catch (error) {
      if (isCofactorError(error) && error.code === "UPDATE_REJECTED") return this.#decline(header, error.message);
      throw error;
    }
    const reason = await this.#trainer.reasonToDecline(session, header, brief);
    // Whoever joins again is told what became of earlier rounds.
    if (reason === outcomeUnknown) this.#clock.after(0, () => session.channel.close(outcomeUnknown));
    if (reason !== undefined) return this.#decline(header, reason);
    this.#events.emit("asked", { round: header.round, stage: header.stage, deadlineMs: header.deadlineMs });
    void this.#inTurn(() => this.#work(session, header, brief));
    return { header: { takesPart: true }, payload: noBytes };
  }

  /** The user's own budget is the app's to know: a server is told that it is used up, and not what else the device takes part in. */
  #decline({ round }: RequestHeader<"ask">, reason: string): Packet {
    this.#events.emit("declined", { round, reason });
    const told = reason.startsWith("BUDGET_EXHAUSTED") ? "BUDGET_EXHAUSTED" : reason;
    return { header: { takesPart: false, reason: told, ...(reason === nothingNew ? { isIdle: true } : {}) }, payload: noBytes };
  }

  /** Only the app decides that a device takes part; an invitation right behind `join` waits a moment for it. */
  async #isWilling(): Promise<boolean> {
    for (;;) {
      const left = this.#joinedAtMs + holdMs - this.#clock.now();
      if (this.#isTakingPart || left <= 0 || this.#state === "closed") return this.#isTakingPart && this.#included < this.#goal;
      await this.#bell.wait(left);
    }
  }

  async #work(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<void> {
    try {
      const contributed = await this.#trainer.answer(session, header, brief);
      this.#retry.attempts = 0;
      this.#events.emit("contributed", contributed);
    } catch (error) {
      const known = isCofactorError(error) ? error : new CofactorError("INTERNAL", "the device failed unexpectedly", { cause: error });
      this.#events.emit("failed", { round: header.round, error: known });
      // A new connection asks again, and the answer goes on where it was.
      if (isRetryable(known)) session.channel.close("the answer could not be sent");
      if (known !== error) {
        this.#fatal = known;
        this.#bell.ring();
      }
    }
  }

  /** One piece of work after the other: what rounds do to the store never mixes. */
  #inTurn(task: () => Promise<void>): Promise<void> {
    const turn = this.#working.then(task);
    this.#working = turn.catch(() => undefined);
    return turn;
  }
}
