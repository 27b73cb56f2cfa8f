/**
 * A gateway put together: a server that receives devices for a coordinator elsewhere, and keeps nothing itself. Any number of them, behind any load
 * balancer. Imports shared and server.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import * as v from "valibot";
import { type Clock, platformClock } from "../../shared/clock.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { createEmitter, type Emitter } from "../../shared/emitter.ts";
import { CofactorError } from "../../shared/errors.ts";
import { type SecureRng, secureRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import type { Channel, Connector } from "../../shared/transport.ts";
import { PublishedCatalogues } from "../catalogues.ts";
import { connectSocket } from "../connect.ts";
import { trackConnections } from "../connections.ts";
import { tellClosing } from "../drain.ts";
import type { EnrolmentDesk } from "../enrolment/desk.ts";
import { watchedEnrolment } from "../enrolment/revocations.ts";
import type { ServerEvents } from "../events.ts";
import { createRequestListener } from "../http.ts";
import { Identities } from "../identities.ts";
import { openIdentity, toRun } from "../identity.ts";
import { limitsFrom, type SessionLimits, sessionLimits } from "../limits.ts";
import { createMetrics, idleSources, type Metrics } from "../metrics.ts";
import { PublishedModels } from "../models.ts";
import { namedRequests } from "../page-requests.ts";
import { type SessionParts, serveSession } from "../session.ts";
import { type Listener, type ListenOptions, listen } from "../socket.ts";
import type { Store } from "../store.ts";
import { GatewayDesk } from "./gateway-desk.ts";
import { LeaderLink } from "./leader-link.ts";
import type { Lease } from "./lease.ts";
import { gatewayName } from "./messages.ts";
import type { Tally } from "./tallies.ts";

/** What a gateway is made of. */
export interface GatewayOptions extends Partial<SessionLimits> {
  /** The run, or its terms: the same as the coordinators'. */
  readonly run: Run | object;
  /** The store that all servers of the run share. */
  readonly store: Store;
  /** Names the coordinator that leads. */
  readonly lease: Lease;
  readonly clock?: Clock;
  readonly secure?: SecureRng;
  /** Who may join: shared by all gateways of a run. By default everybody. */
  readonly enrolment?: EnrolmentDesk;
  /** Within what time a revoked key loses its connections; default 1,000. */
  readonly revocationMs?: number;
  /** How often the lease is looked at; default 250. */
  readonly lookMs?: number;
  /** How long an answer waits for the next coordinator when the last one has been replaced; default 15,000. */
  readonly patienceMs?: number;
  /** Makes `/metrics` and `/status` ask for `Authorization: Bearer` with it; by default everybody may read them. */
  readonly consoleToken?: string | undefined;
  /** What the operator's console calls it: letters, digits, ` ._:@/-`, at most 40; by default its machine's name and its process' number. */
  readonly name?: string | undefined;
  /** How often the coordinator is told what it counts of itself; default 2,000. */
  readonly tallyMs?: number;
  /** How coordinators are reached; by default over Socket.IO. */
  readonly connect?: (url: string) => Connector;
}

/** A gateway. */
export interface Gateway {
  readonly run: Run;
  readonly on: Emitter<ServerEvents>["on"];
  readonly metrics: Metrics;
  /** True while a coordinator is there. */
  readonly isLinked: boolean;
  /** Serves one connection: for transports of another kind. */
  accept(channel: Channel, admit?: () => void): void;
  /** Takes nobody in any more and tells its clients to go on to another gateway, each after a random part of a time. Then `close`. */
  drain(retryAfterMs?: number): Promise<void>;
  listen(options?: ListenOptions): Promise<Listener>;
  /** Ends sockets, link and store. Its clients go on to another gateway. */
  close(): Promise<void>;
}

/** A gateway on a store that it shares. @throws CofactorError CONFIG_INVALID, STORE_FAILED */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const run = await toRun(options.run);
  const { store, lease } = options;
  const secure = options.secure ?? secureRng;
  const clock = options.clock ?? platformClock;
  const events = createEmitter<ServerEvents>();
  const { identity, terms } = await openIdentity(run, store, secure);
  const limits = limitsFrom(sessionLimits, options);
  const identities = new Identities(limits, clock);
  const enrolment = watchedEnrolment(options.enrolment, { run: run.terms.id, clock, identities, everyMs: options.revocationMs });
  let drainingMs: number | undefined;
  const connections = trackConnections();
  const listeners: Listener[] = [];
  const metrics = createMetrics(events, {
    ...idleSources,
    ...connections,
    pending: () => listeners.reduce((sum, listener) => sum + listener.pending(), 0),
    bytesInFlight: () => desk.status.bytesInFlight,
    isLinked: () => desk.isLinked,
  });
  const id = randomUUID();
  const name = nameOf(options.name);
  const tally = (): Tally => ({
    id,
    name,
    connections: connections.connections(),
    ...connections.traffic(),
    refused: metrics.refused(),
  });
  const tools = { secure, primitives: nodePrimitives };
  const desk = new GatewayDesk({
    run,
    maxBytesInFlight: limits.maxBytesInFlight,
    store,
    tools,
    clock,
    patienceMs: options.patienceMs ?? 15_000,
  });
  const link = new LeaderLink({
    run,
    terms,
    identity,
    desk,
    lease,
    clock,
    secure,
    connect: options.connect ?? connectSocket,
    everyMs: options.lookMs ?? 250,
    tally,
    tallyMs: options.tallyMs ?? 2_000,
    onChange: (isLinked) => events.emit("linked", { isLinked }),
  });
  const parts: SessionParts = {
    run,
    store,
    secure,
    desk,
    roles: {},
    takesClients: true,
    models: new PublishedModels(store, run.terms.id, run.terms.precision),
    catalogues: new PublishedCatalogues(store, run.terms.id),
    events,
    clock,
    terms,
    limits,
    identities,
    enrolment,
    drainingMs: () => drainingMs,
  };
  let isClosed = false;
  const pages = createRequestListener({
    metrics,
    token: options.consoleToken,
    isReady: () => !isClosed && drainingMs === undefined && desk.isLinked,
    status: () => ({
      run: run.terms.id,
      role: "gateway",
      isLinked: desk.isLinked,
      ...desk.status,
      connections: connections.connections(),
      refused: metrics.refused(),
    }),
  });
  const named = namedRequests(pages, events, () => clock.now());
  let connectionCount = 0;
  const accept = (channel: Channel, admit: () => void = () => undefined): void => {
    connections.add(channel);
    serveSession(parts, channel, { id: `c${++connectionCount}`, admit });
  };
  const onRefused = ({ code }: CofactorError): void => events.emit("refused", { kind: "unknown", code });
  return {
    run,
    on: events.on,
    metrics,
    get isLinked() {
      return desk.isLinked;
    },
    accept,
    async drain(retryAfterMs = 500) {
      drainingMs = retryAfterMs;
      await tellClosing(identities, clock, retryAfterMs);
    },
    async listen(listenOptions = {}) {
      const listener = await listen({ clock, ...listenOptions }, { pages: named, onChannel: accept, onRefused });
      listeners.push(listener);
      return listener;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      await link.stop();
      connections.closeAll();
      await Promise.all(listeners.map((listener) => listener.close()));
      await lease.close();
      await enrolment.close();
      await store.close();
    },
  };
}

/** @throws CofactorError CONFIG_INVALID */
function nameOf(name: string | undefined): string {
  // What a machine is called may have anything in it.
  const own = `${hostname()
    .replaceAll(/[^A-Za-z0-9.-]/g, "-")
    .slice(0, 30)}/${process.pid}`;
  const parsed = v.safeParse(gatewayName, name ?? own);
  if (parsed.success) return parsed.output;
  if (name === undefined) return `gateway/${process.pid}`;
  throw new CofactorError("CONFIG_INVALID", '"cluster.name" expected at most 40 letters, digits and ._:@/- with a letter or digit first');
}
