/**
 * A coordinator of several, of which one leads: it drives the rounds while it holds the lease, and stands by else. Imports shared and server.
 *
 * Whoever leads takes the run over in the store, so that a former leader that does not know better yet can write nothing any more.
 */
import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import { type Clock, platformClock } from "../../shared/clock.ts";
import type { ConsoleStandby } from "../../shared/console/feed.ts";
import type { Awaitable } from "../../shared/crypto/primitives.ts";
import { createEmitter, type Emitter } from "../../shared/emitter.ts";
import { isCofactorError } from "../../shared/errors.ts";
import { secureRng } from "../../shared/random.ts";
import { trackConnections } from "../connections.ts";
import { openConsole } from "../console/open.ts";
import { forwardEvents, type ServerEvents } from "../events.ts";
import { createRequestListener } from "../http.ts";
import { openIdentity, toRun } from "../identity.ts";
import { createMetrics, idleSources, type MetricSources, type Metrics } from "../metrics.ts";
import { namedRequests } from "../page-requests.ts";
import { createServer, type Server, type ServerOptions } from "../server.ts";
import { type Listener, type ListenOptions, listen } from "../socket.ts";
import type { Store } from "../store.ts";
import { encodeHolder, originOf, parseHolder } from "./holder.ts";
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
  /** Of its whole life: over all terms, and while it stands by. */
  readonly metrics: Metrics;
  readonly on: Emitter<ServerEvents>["on"];
  /** The server of the term that it is leading. */
  readonly server: Server | undefined;
  setTls: Listener["setTls"];
  /** Ends leading, the socket, the lease and the store. */
  close(): Promise<void>;
}

/** Listens, and leads whenever it can. @throws CofactorError CONFIG_INVALID */
export async function startCoordinator(options: CoordinatorNodeOptions): Promise<CoordinatorNode> {
  const run = await toRun(options.run);
  const clock: Clock = options.clock ?? platformClock;
  const events = createEmitter<ServerEvents>();
  const { store } = options;
  let server: Server | undefined;
  const gauges = (): MetricSources => server?.gauges ?? idleSources;
  const connections = trackConnections();
  const metrics = createMetrics(events, {
    connections: connections.connections,
    traffic: connections.traffic,
    pending: () => listener.pending(),
    bytesInFlight: () => gauges().bytesInFlight(),
    epsilon: () => gauges().epsilon(),
    quality: () => gauges().quality(),
    gateways: () => gauges().gateways?.() ?? 0,
    isLeading: () => server !== undefined,
  });
  const { identity } = await openIdentity(run, store, options.secure ?? secureRng);
  const id = randomUUID();
  let lease: Lease | undefined;
  const standby = async (): Promise<ConsoleStandby> => {
    const holder = await lease?.holder().then(
      (text) => parseHolder(text, run, identity.id),
      () => undefined,
    );
    const isTakingOver = holder?.id === id;
    return { run: run.terms.id, leader: holder === undefined || isTakingOver ? null : originOf(holder.url), isTakingOver };
  };
  const consoles = openConsole(options, { events, clock, source: () => server?.console, standby });
  const standingBy = createRequestListener({
    metrics,
    token: options.consoleToken,
    // It is ready to take over.
    isReady: () => true,
    status: async () => ({ role: "coordinator", phase: "standing by", ...(await standby()) }),
  });
  const pages: RequestListener = (request, response) => {
    // One account of what happened here, over all terms.
    const isOwn = server === undefined || request.url === "/metrics";
    (isOwn ? standingBy : server!.pages)(request, response);
  };
  const listener: Listener = await listen(options.listen ?? {}, {
    pages: namedRequests(consoles?.pages(pages) ?? pages, events, () => clock.now()),
    onChannel: (channel, admit) => {
      if (server === undefined) return channel.close("this coordinator stands by");
      connections.add(channel);
      server.accept(channel, admit);
    },
    onRefused: (error) => (server === undefined ? events.emit("refused", { kind: "unknown", code: error.code }) : server.refuse(error)),
    console: consoles?.desk,
  });
  const openLease = async (): Promise<Lease> => options.lease(encodeHolder({ url: options.advertise ?? listener.url, id }, run, identity));
  const held = await openLease().catch(async (error: unknown) => {
    await listener.close();
    throw error;
  });
  lease = held;

  const begin = async (): Promise<Term> => {
    const { resolve, promise: ended } = withResolvers();
    const url = options.advertise ?? listener.url;
    const started = await createServer({ ...options, run, store: unclosed(store), gateways: { url } });
    forwardEvents(started, events);
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
  const leadership = new Leadership({ lease: held, clock, everyMs: options.claimMs ?? 500, begin, onFailure });
  return {
    url: listener.url,
    metrics,
    on: events.on,
    setTls: (tls) => listener.setTls(tls),
    get server() {
      return server;
    },
    async close() {
      await leadership.stop();
      consoles?.desk.close();
      await listener.close();
      await held.close();
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
