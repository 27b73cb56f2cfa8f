/**
 * The client SDK: a device that joins a run, takes part in rounds, and recommends, without showing its ratings. Imports shared and
 * the client's own parts; runs in browsers and Node.
 */
import { createEmitter, type Emitter } from "../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { toRunId } from "../shared/ids.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import { createRng, drawSeed, type SecureRng, secureRng } from "../shared/random.ts";
import type { RunTerms } from "../shared/terms.ts";
import { type Connector, noBytes, type Packet } from "../shared/transport.ts";
import { type ModelRef, parseRequest, type RequestHeader } from "../shared/wire/messages.ts";
import { decodeModel } from "../shared/wire/model-codec.ts";
import type { Acceptance } from "./consent.ts";
import { assertInCatalogue, toUserRatings } from "./ratings.ts";
import { type Recommendation, type RecommendOptions, recommendItems } from "./recommend.ts";
import { openSession, type Session } from "./session.ts";
import { socketConnector } from "./socket.ts";
import type { ClientStore } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";
import { type Contributed, Trainer } from "./trainer.ts";
import { Vault } from "./vault.ts";

/** What a client is made of. */
export interface ClientOptions {
  /** The server's address; or `connect`. */
  readonly url?: string;
  /** Another transport. */
  readonly connect?: Connector;
  /** The run's name. */
  readonly run: string;
  /** The user's own ratings: item index and value (1 for implicit feedback). They stay here. */
  readonly ratings: Iterable<readonly [item: number, value: number]>;
  /** What the user accepts; by default only protections under which the aggregator reads no contribution. */
  readonly accept?: Acceptance;
  /** Where identity, private part and records are kept; by default in memory. */
  readonly store?: ClientStore;
  readonly secure?: SecureRng;
  /** Wait before the first reconnection; doubles up to 30 s, with jitter. Default 500. */
  readonly retryMs?: number;
}

/** The events of a client. */
export type ClientEvents = {
  joined: { readonly isNew: boolean; readonly terms: RunTerms };
  asked: { readonly round: number; readonly stage: number };
  declined: { readonly round: number; readonly reason: string };
  contributed: Contributed;
  published: { readonly round: number; readonly accepted: number; readonly included: boolean; readonly ended: boolean };
  abandoned: { readonly round: number; readonly reason: string };
  disconnected: { readonly reason: string };
  /** A step failed in a way that later rounds may survive. */
  failed: { readonly round: number; readonly error: CofactorError };
};

/** How long to take part. */
export interface ParticipateOptions {
  /** Stop after so many published rounds that hold this device's contribution; by default at the run's end. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
}

/** A device. */
export interface Client {
  readonly on: Emitter<ClientEvents>["on"];
  /** The terms of the run, once joined. */
  readonly terms: RunTerms | undefined;
  /** Bytes sent and received so far, over all connections. */
  readonly traffic: { readonly bytesSent: number; readonly bytesReceived: number };
  /** Connects, checks the signed terms, fetches the newest model. @throws CofactorError TERMS_REFUSED, AUTH_FAILED, DISCONNECTED */
  join(): Promise<void>;
  /** Takes part in rounds until the run ends, or as the options say; reconnects by itself. Settles with the newest model fetched. */
  participate(options?: ParticipateOptions): Promise<void>;
  /** The best items for this user by the newest model that was fetched; needs no round of one's own. @throws Error before `join` */
  recommend(options?: RecommendOptions): Recommendation[];
  /** Fetches the newest published model. */
  refresh(): Promise<void>;
  /** Tells the server to forget this device, and forgets the run here. */
  leave(): Promise<void>;
  /** Ends the connection; what is stored stays. */
  close(): void;
}

/**
 * A device for one run.
 *
 * @throws TypeError or RangeError for ratings that are not pairs of an item index and a finite number
 * @example const client = createClient({ url: "http://127.0.0.1:8080", run: "wines-1", ratings: [[17, 4.5], [52, 2]] });
 */
export function createClient(options: ClientOptions): Client {
  return new Device(options);
}

const maxRetryMs = 30_000;

class Device implements Client {
  readonly #options: ClientOptions;
  readonly #run: string;
  readonly #ratings: UserRatings;
  readonly #connect: Connector;
  readonly #secure: SecureRng;
  readonly #vault: Vault;
  readonly #trainer: Trainer;
  readonly #events = createEmitter<ClientEvents>();
  #session: Session | undefined;
  #model:
    | { readonly ref: ModelRef; readonly opened: unknown; readonly part: ReturnType<Session["run"]["model"]["createPrivate"]> }
    | undefined;
  #newest: ModelRef | undefined;
  #hasEnded = false;
  #included = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;
  #fatal: CofactorError | undefined;
  #earlierTraffic = { bytesSent: 0, bytesReceived: 0 };
  #working: Promise<void> = Promise.resolve();

  constructor(options: ClientOptions) {
    if (options.connect === undefined && options.url === undefined) throw new TypeError('"url" or "connect" expected');
    this.#options = options;
    this.#run = toRunId(options.run);
    this.#ratings = toUserRatings(options.ratings);
    this.#connect = options.connect ?? socketConnector(options.url!);
    this.#secure = options.secure ?? secureRng;
    this.#vault = new Vault(options.store ?? memoryStore(), this.#run);
    this.#trainer = new Trainer(this.#ratings, this.#vault, this.#secure);
  }

  get on(): Emitter<ClientEvents>["on"] {
    return this.#events.on;
  }

  get terms(): RunTerms | undefined {
    return this.#session?.run.terms;
  }

  get traffic(): { readonly bytesSent: number; readonly bytesReceived: number } {
    const now = this.#session?.channel.traffic ?? { bytesSent: 0, bytesReceived: 0 };
    return {
      bytesSent: this.#earlierTraffic.bytesSent + now.bytesSent,
      bytesReceived: this.#earlierTraffic.bytesReceived + now.bytesReceived,
    };
  }

  async join(): Promise<void> {
    await this.#openSession(undefined);
    await this.refresh();
  }

  async participate(options: ParticipateOptions = {}): Promise<void> {
    const goal = this.#included + (options.rounds ?? Number.POSITIVE_INFINITY);
    let retryMs = this.#options.retryMs ?? 500;
    const onAbort = (): void => this.#wake();
    options.signal?.addEventListener("abort", onAbort);
    try {
      while (!this.#hasEnded && this.#included < goal) {
        if (options.signal?.aborted === true || this.#isClosed) throw new CofactorError("CANCELLED", "taking part was ended by the caller");
        if (this.#fatal !== undefined) throw this.#fatal;
        if (this.#session?.channel.isOpen === true) {
          retryMs = this.#options.retryMs ?? 500;
          await this.#nextChange(60_000);
          continue;
        }
        try {
          await this.#openSession(options.signal);
        } catch (error) {
          if (!isCofactorError(error) || !error.retryable) throw error;
          // Full jitter: a thousand devices that lost a server do not come back in one instant.
          await this.#nextChange(Math.max(50, createRng(drawSeed(this.#secure)).float() * retryMs));
          retryMs = Math.min(maxRetryMs, retryMs * 2);
        }
      }
      await this.#working;
      await this.refresh();
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
    }
  }

  recommend(options: RecommendOptions = {}): Recommendation[] {
    const session = this.#session;
    if (this.#model === undefined || session === undefined) throw new Error('"recommend" expected "join" before');
    return recommendItems(session.run.model, this.#model.opened, this.#model.part, this.#ratings, session.run.terms.items, options);
  }

  async refresh(): Promise<void> {
    const session = this.#session;
    const ref = this.#newest;
    if (session === undefined || ref === undefined || this.#model?.ref.sha256 === ref.sha256) return;
    const { run } = session;
    const opened = run.model.open(decodeModel(await session.pull(ref), run.sharedSize, run.terms.precision));
    const rng = createRng(drawSeed(this.#secure));
    const part = run.model.fit(opened, await this.#trainer.privatePart(run), this.#ratings, rng);
    this.#model = { ref, opened, part };
  }

  async leave(): Promise<void> {
    if (this.#session?.channel.isOpen !== true) await this.#openSession(undefined);
    await this.#session!.leave();
    await this.#vault.clear();
    this.close();
  }

  close(): void {
    this.#isClosed = true;
    this.#session?.channel.close();
    this.#wake();
  }

  async #openSession(signal: AbortSignal | undefined): Promise<void> {
    this.#isClosed = false;
    const identity = await this.#vault.identity(this.#secure);
    const accept = this.#options.accept ?? {};
    const session = await openSession({ connect: this.#connect, run: this.#run, accept, identity, vault: this.#vault, signal });
    if (this.#isClosed) {
      session.channel.close();
      throw new CofactorError("CANCELLED", "the client was closed while it connected");
    }
    assertInCatalogue(this.#ratings, session.run.terms.items);
    this.#keepTraffic();
    this.#session = session;
    this.#newest = session.joined.model;
    this.#hasEnded = session.joined.ended;
    session.channel.onClose((reason) => {
      this.#events.emit("disconnected", { reason });
      this.#wake();
    });
    session.channel.serve((kind, packet) => this.#handle(session, kind, packet));
    this.#events.emit("joined", { isNew: session.joined.isNew, terms: session.run.terms });
  }

  #keepTraffic(): void {
    this.#earlierTraffic = this.traffic;
    this.#session = undefined;
  }

  async #handle(session: Session, kind: string, packet: Packet): Promise<Packet> {
    if (kind === "ask") return this.#asked(session, parseRequest("ask", packet.header), packet.payload.slice());
    if (kind === "published") {
      const header = parseRequest("published", packet.header);
      // The answer to an earlier stage of work must not run into the next round's.
      this.#working = this.#working.then(() => this.#trainer.settle(header.round, header.included)).catch(() => undefined);
      await this.#working;
      this.#newest = header.model;
      if (header.included) this.#included += 1;
      this.#hasEnded = header.ended;
      this.#events.emit("published", { round: header.round, accepted: header.accepted, included: header.included, ended: header.ended });
      this.#wake();
      return { header: {}, payload: noBytes };
    }
    if (kind === "abandoned") {
      const header = parseRequest("abandoned", packet.header);
      await this.#trainer.settle(header.round, false);
      this.#events.emit("abandoned", header);
      return { header: {}, payload: noBytes };
    }
    throw new CofactorError("MESSAGE_MALFORMED", 'a device expected "ask", "published" or "abandoned"');
  }

  async #asked(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<Packet> {
    const reason = await this.#trainer.refusal(header);
    if (reason !== undefined) {
      this.#events.emit("declined", { round: header.round, reason });
      return { header: { takesPart: false, reason }, payload: noBytes };
    }
    this.#events.emit("asked", { round: header.round, stage: header.stage });
    this.#working = this.#working.then(() => this.#work(session, header, brief));
    return { header: { takesPart: true }, payload: noBytes };
  }

  async #work(session: Session, header: RequestHeader<"ask">, brief: Uint8Array): Promise<void> {
    try {
      const contributed = await this.#trainer.answer(session, header, brief);
      this.#events.emit("contributed", contributed);
    } catch (error) {
      const known = isCofactorError(error) ? error : new CofactorError("INTERNAL", "the device failed unexpectedly", { cause: error });
      this.#events.emit("failed", { round: header.round, error: known });
      if (known.code === "INTERNAL") {
        this.#fatal = known;
        this.#wake();
      }
    }
  }

  /** Waits for the next message that may end the waiting, at most so long. */
  async #nextChange(withinMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
