/**
 * The aggregator put together: store, coordinator, sessions, sockets, pages. Imports everything in server.
 */
import type { RequestListener } from "node:http";
import { type Clock, platformClock } from "../shared/clock.ts";
import type { OperatorOrder, Standing } from "../shared/console/feed.ts";
import { toBase64url } from "../shared/crypto/encoding.ts";
import { sign } from "../shared/crypto/identity.ts";
import { nodePrimitives } from "../shared/crypto/primitives.node.ts";
import { createEmitter, type Emitter } from "../shared/emitter.ts";
import { CofactorError } from "../shared/errors.ts";
import type { PrivacyResult } from "../shared/privacy-account.ts";
import { createRng, drawSeed, type Rng, type SecureRng, secureRng } from "../shared/random.ts";
import { type DeviceReward, type RewardedRound, rewardsOf } from "../shared/rewards/terms.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import type { SiteFiles } from "../shared/site.node.ts";
import type { Channel } from "../shared/transport.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import { openBytes } from "../shared/wire/signed.ts";
import { PublishedCatalogues } from "./catalogues.ts";
import { Gateways } from "./cluster/gateways.ts";
import { trackConnections } from "./connections.ts";
import type { ConsoleSource } from "./console/desk.ts";
import { consoleSource, openConsole } from "./console/open.ts";
import { Coordinator } from "./coordinator.ts";
import { type Drained, type DrainOptions, drain } from "./drain.ts";
import type { EnrolmentDesk } from "./enrolment/desk.ts";
import { watchedEnrolment } from "./enrolment/revocations.ts";
import type { ServerEvents } from "./events.ts";
import type { EvidencedOpener } from "./evidence.ts";
import { createRequestListener } from "./http.ts";
import { Identities } from "./identities.ts";
import { openIdentity, toRun } from "./identity.ts";
import { catalogueStatus, type ItemStanding, orderItems, setItems, standingsOf, startItems } from "./items.ts";
import { Keyholders } from "./keyholders.ts";
import { limitsFrom, type SessionLimits, sessionLimits } from "./limits.ts";
import { createMetrics, type MetricSources, type Metrics } from "./metrics.ts";
import { PublishedModels } from "./models.ts";
import { namedRequests } from "./page-requests.ts";
import { type SessionParts, serveSession } from "./session.ts";
import { type Listener, type ListenOptions, listen } from "./socket.ts";
import type { RoundRecord, Store } from "./store.ts";
import { type RoundTracer, traceRounds } from "./tracing.ts";

/** What a server is made of. */
export interface ServerOptions extends Partial<SessionLimits> {
  /** The run, or its terms; the noise of a promise of privacy is calibrated where terms leave it open. */
  readonly run: Run | object;
  readonly store: Store;
  readonly clock?: Clock;
  readonly secure?: SecureRng;
  /** Opens sums in this process: for tests. By default the keyholders that the terms name do. */
  readonly opener?: EvidencedOpener;
  /** How long to wait for a full cohort once `cohort.min` clients are there; default 2,000. */
  readonly gatherMs?: number;
  /** How long to rest after a published round before the next one may begin; default 0: rounds follow each other. */
  readonly restMs?: number;
  /** How long a sum waits while fewer keyholders are connected than it takes; default 60,000. */
  readonly keyholderWaitMs?: number;
  /** How long a keyholder may be silent before a further one is asked beside it; default 15,000. */
  readonly hedgeMs?: number;
  /** Who may join; by default everybody, and nobody is revoked. Ended with the server. */
  readonly enrolment?: EnrolmentDesk;
  /** How often the enrolment is asked who is revoked; default 1,000. */
  readonly revocationMs?: number;
  /** Makes `/metrics` and `/status` ask for `Authorization: Bearer` with it, by default everybody may read them; and opens `/console` to whoever has it. */
  readonly consoleToken?: string | undefined;
  /** The built page of the console; by default that of the package. Without a token there is no console. */
  readonly consoleFiles?: SiteFiles | undefined;
  /** Told of every round in spans; by default nobody is. */
  readonly tracer?: RoundTracer | undefined;
  /** What the first model is drawn from; by default a fresh seed. A known one makes runs comparable, and is no secret. */
  readonly modelRng?: Rng;
  /** Values of the first published model, for a run that goes on from another one's; by default they are drawn. A store that has a model keeps it. */
  readonly firstModel?: Float64Array;
  /** Under terms with a catalogue: names of the items that are live from the start, when the store has none. Later ones: `addItems`. */
  readonly items?: Iterable<string>;
  /** Clients are received by gateways (cluster/), and only they, who dial this server at `url`, and keyholders by this server. */
  readonly gateways?: { readonly url: string };
  /** How long a gateway may take to hand over what it has added up in a stage, before it is read from the store; default 5,000. */
  readonly partMs?: number;
}

/** An aggregator. */
export interface Server {
  readonly run: Run;
  /** The key that signs the run's terms, base64url. */
  readonly publicKey: string;
  readonly on: Emitter<ServerEvents>["on"];
  readonly metrics: Metrics;
  /** The newest published model, by name and by values. */
  readonly model: ModelRef;
  readonly shared: Float64Array;
  records(): Promise<RoundRecord[]>;
  /** For whoever listens for it: answers a page's request, */
  readonly pages: RequestListener;
  /** counts what was refused before a session saw it, */
  refuse(error: CofactorError): void;
  /** says how things stand for metrics, */
  readonly gauges: MetricSources;
  /** and what the operator's consoles are told; undefined without a token. */
  readonly console: ConsoleSource | undefined;
  /** Every item that has a row; empty where items are numbers and stay. */
  items(): ItemStanding[];
  /**
   * Under terms with a catalogue: lets items come. Durable when it settles; with the next publication each becomes a candidate, or waits for a free row.
   * @throws CofactorError CONFIG_INVALID where items stay, DATA_INVALID for what is no name, STORE_FAILED
   */
  addItems(ids: Iterable<string>): Promise<void>;
  /** Has items go, likewise: nobody recommends them from the next publication on, and their rows are cleared. @throws as `addItems` */
  removeItems(ids: Iterable<string>): Promise<void>;
  /** Has exactly these items, likewise: those that are missing come, the others go. @throws as `addItems` */
  setItems(ids: Iterable<string>): Promise<void>;
  /** By device: the rounds that it was asked in, ascending; kept only where the terms promise privacy. */
  participations(): Iterable<readonly number[]>;
  /** What the run promises, plans and has cost by its ledger. May take a second, once a round. */
  privacy(): PrivacyResult;
  /** What the operator's words come to. */
  readonly standing: Standing;
  /**
   * Takes the operator's word: `pause` lets the open round finish and begins no further one, `resume` begins them again, `end` is for good.
   * Durable when it settles: the next server on the store keeps to it. `by` says who gave it.
   * @throws CofactorError ROUND_CLOSED for a word that does not fit to where the run stands, STORE_FAILED
   */
  order(order: OperatorOrder["order"], by?: string): Promise<void>;
  /** True when the store or the ledger failed, or another server has taken the run over: no further round begins, and only a new start helps. */
  readonly hasFailed: boolean;
  /** Serves one connection: for transports of another kind. `admit` is called once it has joined. */
  accept(channel: Channel, admit?: () => void): void;
  /**
   * Begins no further round, takes in nobody but the open round's devices, waits for that round within a bound, and tells devices when to come
   * back. `/ready` says 503 from the start. Then `close`.
   */
  drain(options?: DrainOptions): Promise<Drained>;
  /**
   * What each device's part in the rounds was worth by now, by its public key; empty where the terms ask for no rewards. Each value says how useful a
   * person's data was: for the operator alone, and never part of the pages.
   */
  rewards(): Promise<DeviceReward[]>;
  /** Opens a socket. */
  listen(options?: ListenOptions): Promise<Listener>;
  /** Ends the rounds' driving, the sockets and the store. What was acknowledged stays. */
  close(): Promise<void>;
}

/**
 * An aggregator on a store: it goes on with what the store holds.
 *
 * @throws CofactorError CONFIG_INVALID for bad terms, or when the store holds other terms for this run's name; STORE_FAILED;
 *   LEDGER_CORRUPT when the terms promise privacy and the store's ledger does not bear them out
 * @example const server = await createServer({ run: { id: "films-1", items: 9, protection: { kind: "open" } }, store: memoryStore() }); await server.close();
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const run = await toRun(options.run);
  assertServable(run);
  await run.protection.assertHolds?.(roundFrame(run, 1));
  const limits = limitsFrom(sessionLimits, options);
  const { store } = options;
  const secure = options.secure ?? secureRng;
  const clock = options.clock ?? platformClock;
  const events = createEmitter<ServerEvents>();
  const items = startItems(run, options.items);
  const { identity, terms } = await openIdentity(run, store, secure);
  const connections = trackConnections();
  let quality = (await store.records(run.terms.id)).findLast((record) => record.quality !== undefined)?.quality;
  events.on("round", (round) => {
    quality = round.quality ?? quality;
  });
  if (options.tracer !== undefined) traceRounds(run.terms.id, events, options.tracer);
  const listeners: Listener[] = [];
  const gauges: MetricSources = {
    ...connections,
    pending: () => listeners.reduce((sum, listener) => sum + listener.pending(), 0),
    bytesInFlight: () => coordinator.status.bytesInFlight,
    epsilon: () => coordinator.ledger.epsilon,
    quality: () => quality,
    gateways: options.gateways !== undefined ? () => gateways?.count ?? 0 : undefined,
  };
  const metrics = createMetrics(events, gauges);
  const keyholders = new Keyholders({
    keyholders: keyholdersOf(run),
    clock,
    events,
    waitMs: options.keyholderWaitMs ?? 60_000,
    hedgeMs: options.hedgeMs ?? 15_000,
    sign: (round, group, list) => toBase64url(sign(identity, "open", openBytes(run.digest, round, group, list))),
  });
  const gateways =
    options.gateways !== undefined
      ? new Gateways({ run, store, clock, identity, url: options.gateways.url, partMs: options.partMs ?? 5_000, events })
      : undefined;
  const coordinator: Coordinator = new Coordinator({
    run,
    store,
    collection: gateways,
    clock,
    secure,
    primitives: nodePrimitives,
    opener: options.opener ?? keyholders,
    events,
    gatherMs: options.gatherMs ?? 2_000,
    restMs: options.restMs ?? 0,
    modelRng: options.modelRng ?? createRng(drawSeed(secure)),
    items,
    maxBytesInFlight: limits.maxBytesInFlight,
    firstModel: options.firstModel,
  });
  const models = new PublishedModels(store, run.terms.id, run.terms.precision);
  await coordinator.start();
  gateways?.serve(coordinator);
  if (gateways !== undefined) events.on("round", () => gateways.refresh());
  const identities = new Identities(limits, clock);
  const enrolment = watchedEnrolment(options.enrolment, { run: run.terms.id, clock, identities, everyMs: options.revocationMs });
  let drainingMs: number | undefined;
  const parts: SessionParts = {
    run,
    store,
    secure,
    desk: coordinator,
    takesClients: gateways === undefined,
    models,
    catalogues: new PublishedCatalogues(store, run.terms.id),
    roles: { keyholder: keyholders, ...(gateways === undefined ? {} : { gateway: gateways }) },
    events,
    clock,
    terms,
    limits,
    identities,
    enrolment,
    drainingMs: () => drainingMs,
  };
  const source = await consoleSource(options, {
    run,
    serverKey: identity.id,
    store,
    coordinator,
    metrics,
    events,
    clock,
    keyholders: keyholdersOf(run),
    gateways,
    connections: connections.connections,
    traffic: connections.traffic,
  });
  const consoles = openConsole(options, { events, clock, source: () => source });
  let isClosed = false;
  const pages = createRequestListener({
    metrics,
    token: options.consoleToken,
    isReady: () => !isClosed && drainingMs === undefined && !coordinator.hasFailed,
    status: async () => ({
      run: run.terms.id,
      ...coordinator.status,
      ...(await catalogueStatus(run, store, coordinator.published.catalogue)),
      connections: connections.connections(),
      ...(gateways === undefined ? {} : { role: "coordinator", epoch: coordinator.epoch, gateways: gateways.count }),
      refused: metrics.refused(),
      ...(quality === undefined ? {} : { quality }),
      ...(run.privacy === undefined || coordinator.hasFailed ? {} : { privacy: coordinator.ledger.spent }),
    }),
  });
  let connectionCount = 0;
  const accept = (channel: Channel, admit: () => void = () => undefined): void => {
    connections.add(channel);
    serveSession(parts, channel, { id: `c${++connectionCount}`, admit });
  };
  const refuse = ({ code }: CofactorError): void => events.emit("refused", { kind: "unknown", code });

  return {
    run,
    publicKey: identity.id,
    on: events.on,
    metrics,
    get model() {
      return coordinator.published.ref;
    },
    get shared() {
      return coordinator.published.model.shared;
    },
    pages,
    refuse,
    gauges,
    console: source,
    records: () => store.records(run.terms.id),
    items: () => standingsOf(coordinator.published.catalogue),
    addItems: (ids) => coordinator.undisturbed(() => orderItems(run, store, "add", ids)),
    removeItems: (ids) => coordinator.undisturbed(() => orderItems(run, store, "remove", ids)),
    setItems: (ids) => coordinator.undisturbed(() => setItems(run, store, coordinator.published.catalogue, ids)),
    participations: () => coordinator.ledger.log,
    privacy: () => coordinator.ledger.spent,
    get standing() {
      return coordinator.orders.standing;
    },
    order: (order, by = "operator") => coordinator.orders.give(order, by, Date.now()),
    get hasFailed() {
      return coordinator.hasFailed;
    },
    rewards: async () =>
      run.terms.rewards === undefined ? [] : rewardsOf(run.terms.rewards, rewardedRounds(await store.records(run.terms.id))),
    accept,
    drain({ drainMs = 20_000, retryAfterMs = 2_000 } = {}) {
      drainingMs = retryAfterMs;
      return drain({ coordinator, identities, clock }, drainMs, retryAfterMs);
    },
    async listen(listenOptions = {}) {
      const listener = await listen(
        { clock, ...listenOptions },
        {
          pages: namedRequests(consoles?.pages(pages) ?? pages, events, () => clock.now()),
          onChannel: accept,
          onRefused: refuse,
          console: consoles?.desk,
        },
      );
      listeners.push(listener);
      return listener;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      coordinator.stop();
      keyholders.close();
      consoles?.desk.close();
      connections.closeAll();
      await Promise.all(listeners.map((listener) => listener.close()));
      await enrolment.close();
      await store.close();
    },
  };
}

/**
 * Refuses cohorts by coins: what they save rests on nobody being told how many came up, and devices are told how many took part.
 * @throws CofactorError CONFIG_INVALID
 */
function assertServable({ privacy }: Run): void {
  if (privacy?.terms.sampling === undefined) return;
  throw new CofactorError(
    "CONFIG_INVALID",
    '"terms.privacy.sampling" expected none: devices are told how many took part in a round, and sampling saves nothing then; nearest: no sampling, or a simulation',
  );
}

/** The published rounds, with whose contributions they count. */
function rewardedRounds(records: readonly RoundRecord[]): RewardedRound[] {
  return records.flatMap(({ round, outcome, quality, contributors }) =>
    outcome === "published" ? [{ round, quality, contributors: contributors ?? [] }] : [],
  );
}

/** Public keys of the keyholders that the terms name. */
function keyholdersOf(run: Run): readonly string[] {
  const named = run.terms.protection["keyholders"];
  return Array.isArray(named) ? named.filter((key): key is string => typeof key === "string") : [];
}
