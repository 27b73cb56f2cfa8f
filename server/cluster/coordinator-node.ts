/**
 * A coordinator of several, of which one leads: it drives the rounds while it holds the lease, and stands by else. Imports shared and server.
 *
 * Whoever leads takes the run over in the store, so that a former leader that does not know better yet can write nothing any more.
 */
import { randomUUID } from "node:crypto";
import { type Clock, platformClock } from "../../shared/clock.ts";
import type { Awaitable } from "../../shared/crypto/primitives.ts";
import { createEmitter, type Emitter } from "../../shared/emitter.ts";
import { isCofactorError } from "../../shared/errors.ts";
import type { ServerEvents } from "../events.ts";
import { createRequestListener } from "../http.ts";
import { toRun } from "../identity.ts";
import { createMetrics } from "../metrics.ts";
import { createServer, type Server, type ServerOptions } from "../server.ts";
import { type Listener, type ListenOptions, listen } from "../socket.ts";
import type { Store } from "../store.ts";
import { encodeHolder } from "./leader-link.ts";
import { Leadership, type Term } from "./leadership.ts";
import type { Lease } from "./lease.ts";

/** What a coordinator is made of. */
export interface CoordinatorNodeOptions extends Omit<ServerOptions, "gateways"> {
  /** Its end of the lease, for what it says of itself. */
  readonly lease: (holder: string) => Awaitable<Lease>;
  readonly listen?: ListenOptions;
  /** Where gateways and keyholders reach it; by default where it listens. */
  readonly advertise?: string;
  /** How often the lease is claimed: about a quarter of its time; default 500. */
  readonly claimMs?: number;
  /** Called with the server of each term, before its first round. */
  readonly onServer?: (server: Server) => void | Promise<void>;
}

/** A coordinator that leads or stands by. */
export interface CoordinatorNode {
  readonly url: string;
  readonly on: Emitter<ServerEvents>["on"];
  /** The server of the term that it is leading. */
  readonly server: Server | undefined;
  setTls: Listener["setTls"];
  /** Ends leading, the socket, the lease and the store. */
  close(): Promise<void>;
}

const forwarded: readonly (keyof ServerEvents)[] = [
  "starved",
  "began",
  "stage",
  "revealing",
  "round",
  "failed",
  "spoiled",
  "refused",
  "internal",
  "keyholder",
  "declined",
  "blamed",
];

/** Listens, and leads whenever it can. @throws CofactorError CONFIG_INVALID */
export async function startCoordinator(options: CoordinatorNodeOptions): Promise<CoordinatorNode> {
  const run = await toRun(options.run);
  const clock: Clock = options.clock ?? platformClock;
  const events = createEmitter<ServerEvents>();
  const { store } = options;
  let server: Server | undefined;
  const metrics = createMetrics(events, {
    connections: () => 0,
    traffic: () => ({ bytesSent: 0, bytesReceived: 0 }),
    epsilon: () => undefined,
    quality: () => undefined,
  });
  const standingBy = createRequestListener({
    metrics,
    token: options.consoleToken,
    // It is ready to take over.
    isReady: () => true,
    status: () => ({ run: run.terms.id, role: "coordinator", phase: "standing by" }),
  });
  const listener: Listener = await listen(options.listen ?? {}, {
    pages: (request, response) => (server?.pages ?? standingBy)(request, response),
    onChannel: (channel, admit) => (server === undefined ? channel.close("this coordinator stands by") : server.accept(channel, admit)),
    onRefused: ({ code }) => events.emit("refused", { kind: "unknown", code }),
  });
  const lease = await options.lease(encodeHolder({ url: options.advertise ?? listener.url, id: randomUUID() }));

  const begin = async (): Promise<Term> => {
    const { resolve, promise: ended } = withResolvers();
    const started = await createServer({ ...options, run, store: unclosed(store), gateways: true });
    for (const name of forwarded) started.on(name, (event) => events.emit(name, event));
    started.on("failed", () => started.hasFailed && resolve());
    await options.onServer?.(started);
    server = started;
    events.emit("leading", { isLeading: true });
    return {
      ended,
      async stop() {
        if (server !== started) return;
        server = undefined;
        await started.close();
        events.emit("leading", { isLeading: false });
        resolve();
      },
    };
  };
  const onFailure = (error: unknown): void => {
    // Another one was quicker: no failure.
    if (!isCofactorError(error) || error.code !== "FENCED") events.emit("failed", { round: 0, error });
  };
  const leadership = new Leadership({ lease, clock, everyMs: options.claimMs ?? 500, begin, onFailure });
  return {
    url: listener.url,
    on: events.on,
    setTls: (tls) => listener.setTls(tls),
    get server() {
      return server;
    },
    async close() {
      await leadership.stop();
      await listener.close();
      await lease.close();
      await store.close();
    },
  };
}

/** The store as one of several terms sees it: it stays open behind it. */
function unclosed(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      if (name === "close") return async () => undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value as (...all: unknown[]) => unknown).bind(target) : value;
    },
  });
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
