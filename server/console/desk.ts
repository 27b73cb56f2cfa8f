/**
 * The console's end of Socket.IO: a namespace of its own, the operator's token in its handshake, few attempts, and orders that are checked, confirmed
 * as durable, and logged. Imports socket.io's types, valibot, the feed, rate.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Namespace, Socket } from "socket.io";
import * as v from "valibot";
import type { Clock } from "../../shared/clock.ts";
import type { ConsoleEvents, ConsoleReply, ConsoleRequests, ConsoleStandby } from "../../shared/console/feed.ts";
import type { Emitter } from "../../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import type { ServerEvents } from "../events.ts";
import type { Orders } from "../orders.ts";
import { Bucket, Recent } from "../rate.ts";
import type { ConsoleFeed } from "./feed.ts";
import { renderConsoleReport } from "./report.ts";

/** How soon a console is told of a change, and how often at most. */
const liveMs = 400;

/** Wrong tokens from one address: five at once, then one in twelve seconds. */
const attempts = { perSecond: 1 / 12, burst: 5, maxAddresses: 10_000 };

/** Consoles that are open at once. */
const maxConsoles = 16;

/** Requests of one console. */
const requests = { perSecond: 2, burst: 20 };

const name = v.pipe(v.string(), v.trim(), v.maxLength(40), v.regex(/^[\p{L}\p{N} ._@-]*$/u));
const handshake = v.object({ token: v.pipe(v.string(), v.maxLength(256)), name: v.optional(name, "") });
const orderSchema = v.picklist(["pause", "resume", "end"]);
const formSchema = v.picklist(["html", "json"]);

/** What a server shows to consoles, and where they give orders. */
export interface ConsoleSource {
  readonly feed: ConsoleFeed;
  readonly orders: Orders;
}

/** What a desk works with. */
export interface ConsoleParts {
  readonly token: string;
  readonly events: Emitter<ServerEvents>;
  readonly clock: Clock;
  /** Undefined while this process stands by: `leading` says when that changes. */
  source(): ConsoleSource | undefined;
  /** What is told meanwhile; left out where there is no other process. */
  readonly standby?: () => Promise<ConsoleStandby>;
}

type ConsoleSocket = Socket<ConsoleRequests, ConsoleEvents, Record<string, never>, { by: string }>;

/** Serves consoles on every listener of a server. */
export class ConsoleDesk {
  readonly #parts: ConsoleParts;
  readonly #attempts: Recent<Bucket>;
  readonly #open = new Set<ConsoleSocket>();
  #cancelLive: (() => void) | undefined;
  /** True while the next news is due within a moment. */
  #isSoon = false;
  #isClosed = false;

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
    this.#attempts = new Recent(attempts.maxAddresses, () => new Bucket(attempts.perSecond, attempts.burst, parts.clock.now()));
    const { events } = parts;
    for (const kind of [
      "joined",
      "left",
      "began",
      "stage",
      "revealing",
      "publishing",
      "refused",
      "keyholder",
      "declined",
      "blamed",
    ] as const)
      events.on(kind, () => this.#soon());
    for (const kind of ["ordered", "failed", "starved", "gathering", "spoiled"] as const) events.on(kind, () => this.#soon());
    events.on("round", () => {
      this.#soon();
      const round = parts.source()?.feed.rounds.at(-1);
      for (const socket of this.#open) if (round !== undefined) socket.emit("round", round);
      void this.#tellAccount([...this.#open]);
    });
    // Consoles stay open when leadership comes or goes.
    events.on("leading", () => {
      for (const socket of this.#open) this.#greet(socket);
    });
  }

  /** Serves a namespace. `admit` is told of connections that showed the token. */
  serve(namespace: Namespace, addressOf: (request: IncomingMessage) => string, admit: (socket: Socket) => void): void {
    const typed = namespace as unknown as Namespace<ConsoleRequests, ConsoleEvents, Record<string, never>, { by: string }>;
    typed.use((socket, next) => {
      const refusal = this.#refusal(socket, addressOf(socket.request));
      if (refusal !== undefined) this.#parts.events.emit("refused", { kind: "console", code: refusal.code });
      next(refusal);
    });
    typed.on("connection", (socket) => {
      admit(socket as unknown as Socket);
      this.#serve(socket);
    });
  }

  /** Ends all consoles. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLive?.();
    for (const socket of this.#open) socket.disconnect(true);
  }

  /** Why a handshake is refused. Too many guesses from an address keep the right token from there out too, for a while. */
  #refusal(socket: ConsoleSocket, address: string): CofactorError | undefined {
    const { origin, host } = socket.request.headers;
    // Pages of an app may connect as devices; only the console's own page is one.
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      return new CofactorError("AUTH_FAILED", "expected this server's own page");
    }
    const now = this.#parts.clock.now();
    const bucket = this.#attempts.of(address);
    const waitMs = bucket.take(1, now);
    if (waitMs > 0) return new CofactorError("RATE_LIMITED", `too many attempts: wait ${Math.ceil(waitMs / 1_000)} s`);
    const shown = v.safeParse(handshake, socket.handshake.auth);
    if (!shown.success || !isSame(shown.output.token, this.#parts.token))
      return new CofactorError("AUTH_FAILED", "expected the operator's token");
    // An attempt that succeeded costs nothing.
    bucket.charge(-1, now);
    if (this.#open.size >= maxConsoles) return new CofactorError("RATE_LIMITED", `at most ${maxConsoles} consoles at once`);
    socket.data.by = shown.output.name === "" ? "operator" : shown.output.name;
    return undefined;
  }

  #serve(socket: ConsoleSocket): void {
    const { clock } = this.#parts;
    this.#open.add(socket);
    socket.on("disconnect", () => this.#open.delete(socket));
    const bucket = new Bucket(requests.perSecond, requests.burst, clock.now());
    const answer = async (reply: unknown, work: () => Promise<string | undefined>): Promise<void> => {
      if (typeof reply !== "function") return;
      const tell = reply as (answer: ConsoleReply) => void;
      try {
        if (bucket.take(1, clock.now()) > 0) throw new CofactorError("RATE_LIMITED", "too much within a short time");
        const text = await work();
        tell({ ok: true, ...(text === undefined ? {} : { text }) });
      } catch (error) {
        tell({ ok: false, message: isCofactorError(error) ? `${error.code}: ${error.message}` : "INTERNAL" });
      }
    };
    socket.on("order", (order, reply) => {
      void answer(reply, async () => {
        await this.#leading().orders.give(parse(orderSchema, order), socket.data.by, Date.now());
        return undefined;
      });
    });
    socket.on("report", (form, reply) => {
      void answer(reply, async () => {
        const { feed } = this.#leading();
        const facts = { facts: feed.facts, live: feed.live, account: await feed.account(), rounds: feed.rounds };
        return parse(formSchema, form) === "json" ? `${JSON.stringify(facts, undefined, 2)}\n` : renderConsoleReport(facts);
      });
    });
    this.#greet(socket);
    this.#soon();
  }

  /** All that there is to know, for one that comes, or when another process leads. */
  #greet(socket: ConsoleSocket): void {
    const source = this.#parts.source();
    if (source === undefined) return void this.#tellStandby([socket]);
    const { feed } = source;
    socket.emit("facts", feed.facts);
    socket.emit("rounds", feed.rounds);
    socket.emit("live", feed.live);
    void this.#tellAccount([socket]);
  }

  /** @throws CofactorError UNAVAILABLE while another process leads */
  #leading(): ConsoleSource {
    const source = this.#parts.source();
    if (source === undefined) throw new CofactorError("UNAVAILABLE", "this coordinator stands by: ask the one that leads");
    return source;
  }

  async #tellStandby(sockets: readonly ConsoleSocket[]): Promise<void> {
    const standby = await this.#parts.standby?.();
    // It may lead by now.
    if (standby !== undefined && this.#parts.source() === undefined) for (const socket of sockets) socket.emit("standby", standby);
  }

  async #tellAccount(sockets: readonly ConsoleSocket[]): Promise<void> {
    const source = this.#parts.source();
    if (sockets.length === 0 || this.#isClosed || source === undefined) return;
    try {
      const account = await source.feed.account();
      if (this.#parts.source() === source) for (const socket of sockets) socket.emit("account", account);
    } catch {
      // The store failed: the run's driving says so.
    }
  }

  /** Tells how things stand, once for whatever happens within a moment; and every few seconds, since connections and bytes have no event. */
  #soon(delayMs = liveMs): void {
    if (this.#isClosed || this.#open.size === 0) return;
    if (delayMs === liveMs && this.#isSoon) return;
    this.#cancelLive?.();
    this.#isSoon = delayMs === liveMs;
    this.#cancelLive = this.#parts.clock.after(delayMs, () => {
      this.#isSoon = false;
      const live = this.#parts.source()?.feed.live;
      if (live === undefined) void this.#tellStandby([...this.#open]);
      else for (const socket of this.#open) socket.emit("live", live);
      this.#soon(5 * liveMs);
    });
  }
}

/** Compares hashes, so that the time it takes tells nothing of the token. */
function isSame(shown: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

function parse<Output>(schema: v.GenericSchema<unknown, Output>, value: unknown): Output {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new CofactorError("MESSAGE_MALFORMED", "expected a known word");
  return parsed.output;
}
