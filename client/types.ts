/** What an app sees of a device: options, events, and the client itself. Imports types alone. */
import type { Clock } from "../shared/clock.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import type { Primitives } from "../shared/crypto/primitives.ts";
import type { Emitter } from "../shared/emitter.ts";
import type { CofactorError } from "../shared/errors.ts";
import type { SecureRng } from "../shared/random.ts";
import type { RunTerms } from "../shared/terms.ts";
import type { Connector } from "../shared/transport.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import type { SpentPrivacy } from "./budget.ts";
import type { Acceptance } from "./consent.ts";
import type { Explanation } from "./explain.ts";
import type { Ratings } from "./ratings.ts";
import type { Recommendation, RecommendOptions } from "./recommend.ts";
import type { ClientStore } from "./store.ts";
import type { Contributed, Sent } from "./trainer.ts";

/** What a client is made of. */
export interface ClientOptions {
  /** The server's address, or those of a cluster's gateways: when one is lost the next one is tried; or `connect`. */
  readonly url?: string | readonly string[];
  /** Another transport. */
  readonly connect?: Connector;
  /** The run's name. */
  readonly run: string;
  /** The user's own ratings: an item's index, or its name where the run's items come and go, and a value (1 for implicit feedback). They stay here. */
  readonly ratings: Ratings;
  /** What the user accepts; by default only protections under which the aggregator reads no contribution. */
  readonly accept?: Acceptance;
  /** Where identity, private part and records are kept; by default in memory. */
  readonly store?: ClientStore;
  /** Who the device is; by default an identity of its own for each run, kept in the store. */
  readonly identity?: Identity;
  /** What the run's operator gave out for this one device, where the run is by invitation. */
  readonly invitation?: string;
  readonly secure?: SecureRng;
  /** Cryptographic primitives; by default the platform's WebCrypto. `cofactor/client/node` brings Node's own, which are faster. */
  readonly primitives?: Primitives;
  /** Measures waits; by default the platform's. */
  readonly clock?: Clock;
  /** Wait before the first reconnection; doubles up to 30 s, with jitter. Default 500. */
  readonly retryMs?: number;
}

/** Where a client stands: `disconnected` comes back by itself while it takes part. */
export type ClientState = "idle" | "connecting" | "joined" | "disconnected" | "closed";

/** The events of a client. */
export type ClientEvents = {
  state: ClientState;
  /** `leftOut`: how many ratings are of items beyond the run's catalogue, and play no part in it. */
  joined: { readonly isNew: boolean; readonly terms: RunTerms; readonly leftOut: number };
  /** The device takes part in this stage. */
  asked: { readonly round: number; readonly stage: number; readonly deadlineMs: number };
  /** The device does not answer: it must not, or the app has not asked it to. */
  declined: { readonly round: number; readonly reason: string };
  /**
   * A sealed answer is handed to the transport: the bytes that leave, for apps that show their users what leaves. Once for every stage, and
   * again with the same bytes when a lost connection makes the device send them again.
   */
  sent: Sent;
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
  /** Ends taking part early: no error, the call returns. */
  readonly signal?: AbortSignal;
}

/** How taking part ended. */
export interface Participated {
  /** Published rounds that hold this device's contribution, as far as it was there to learn of them. */
  readonly rounds: number;
  readonly reason: "rounds" | "ended" | "signal" | "closed";
}

/** How a device leaves. */
export interface LeaveOptions {
  /** Takes out of a lasting sum what it holds of this device, before it leaves; default false. */
  readonly forget?: boolean;
  /** Ends the wait for the round that this takes. */
  readonly signal?: AbortSignal;
}

/** A device. */
export interface Client {
  readonly on: Emitter<ClientEvents>["on"];
  readonly state: ClientState;
  /** The device's name in this run, once it has one: its public key, base64url. */
  readonly id: string | undefined;
  /** The published model that recommendations come from. */
  readonly model: ModelRef | undefined;
  /** The terms of the run, once joined. */
  readonly terms: RunTerms | undefined;
  /** Bytes sent and received so far, over all connections. */
  readonly traffic: { readonly bytesSent: number; readonly bytesReceived: number };
  /**
   * Connects, checks the signed terms, fetches the newest model. Takes part in nothing yet.
   * @throws CofactorError TERMS_REFUSED, AUTH_FAILED, PROTOCOL_UNSUPPORTED, DISCONNECTED
   */
  join(): Promise<void>;
  /**
   * Takes part in rounds until the run ends, or as the options say; joins where needed, reconnects by itself, and settles with the
   * newest model fetched.
   * @throws CofactorError what a reconnection is refused with; STORE_FAILED and the like of one round come as events
   */
  participate(options?: ParticipateOptions): Promise<Participated>;
  /** The best items for this user by the newest model that was fetched; needs no round of one's own. @throws TypeError before `join` */
  recommend(options?: RecommendOptions): Recommendation[];
  /**
   * Why an item has its score: what each of the user's ratings adds to it, by the model that recommendations come from. Exact; undefined for models
   * whose scores are no sum over ratings.
   * @throws TypeError before `join`; RangeError for an item that is not in the catalogue
   */
  explain(item: number | string): Explanation | undefined;
  /**
   * Replaces the user's ratings. With a model at hand they are fitted anew on the spot, without a connection; rounds from now on use them.
   * @throws TypeError for ratings that are not pairs of an item index and a finite number: then nothing is changed
   */
  setRatings(ratings: Ratings): void;
  /** The privacy that this device has spent, over all runs in its store: what they promised, added up. */
  spent(): Promise<SpentPrivacy>;
  /** Fetches the newest published model. */
  refresh(): Promise<void>;
  /**
   * Tells the server to forget this device, and forgets identity, model and private part here; the records of rounds and of spent privacy stay.
   *
   * Rounds from then on are without this device. Where each round is made of whole contributions the next sum holds nothing of it. Where contributions
   * are differences (`terms.temporal`) the sum still does, unless `forget` says otherwise: then the device takes part in one more round, which takes
   * out what the sum holds of it, and leaves when that is published. What was published before stays with whoever has it.
   *
   * @throws CofactorError with `forget`, ROUND_CLOSED when the run ends, CANCELLED by the signal or `close`, before that round came: the device has
   *   no ratings then, and has not left; what a connection is refused with
   */
  leave(options?: LeaveOptions): Promise<void>;
  /** Ends the connection; what is stored stays. */
  close(): void;
}
