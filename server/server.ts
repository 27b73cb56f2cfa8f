/**
 * The aggregator put together: store, coordinator, sessions, sockets, pages. Imports everything in server.
 */
import type { RequestListener } from "node:http";
import { type Clock, platformClock } from "../shared/clock.ts";
import { toBase64url } from "../shared/crypto/encoding.ts";
import { sign } from "../shared/crypto/identity.ts";
import { nodePrimitives } from "../shared/crypto/primitives.node.ts";
import { createEmitter, type Emitter } from "../shared/emitter.ts";
import { CofactorError } from "../shared/errors.ts";
import type { PrivacyResult } from "../shared/privacy-account.ts";
import { createRng, drawSeed, type Rng, type SecureRng, secureRng } from "../shared/random.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import type { Channel } from "../shared/transport.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import { openBytes } from "../shared/wire/signed.ts";
import { PublishedCatalogues } from "./catalogues.ts";
import { Gateways } from "./cluster/gateways.ts";
import { trackConnections } from "./connections.ts";
import { Coordinator } from "./coordinator.ts";
import type { ServerEvents } from "./events.ts";
import type { EvidencedOpener } from "./evidence.ts";
import { createRequestListener } from "./http.ts";
import { openIdentity, toRun } from "./identity.ts";
import { catalogueStatus, type ItemStanding, orderItems, setItems, standingsOf, startItems } from "./items.ts";
import { Keyholders } from "./keyholders.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { PublishedModels } from "./models.ts";
import { type SessionParts, serveSession } from "./session.ts";
import { type Listener, type ListenOptions, listen } from "./socket.ts";
import type { RoundRecord, Store } from "./store.ts";

/** What a server is made of. */
export interface ServerOptions {
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
  /** How many clients may enrol; default 1,000,000. */
  readonly maxEnrolled?: number;
  /** What the first model is drawn from; by default a fresh seed. A known one makes runs comparable, and is no secret. */
  readonly modelRng?: Rng;
  /** Values of the first published model, for a run that goes on from another one's; by default they are drawn. A store that has a model keeps it. */
  readonly firstModel?: Float64Array;
  /** How long a connection may take to join; default 10,000. */
  readonly joinMs?: number;
  /** Under terms with a catalogue: names of the items that are live from the start, when the store has none. Later ones: `addItems`. */
  readonly items?: Iterable<string>;
  /** Clients are received by gateways (cluster/), and only they and keyholders by this server. Default false. */
  readonly gateways?: boolean;
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
  /** True when the driving has stopped for good: the store failed, or another server has taken the run over. */
  readonly hasFailed: boolean;
  /** Answers a page's request, for whoever listens for it. */
  readonly pages: RequestListener;
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
  /** Serves one connection: for transports of another kind. */
  accept(channel: Channel): void;
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
  const metrics = createMetrics(events, { ...connections, epsilon: () => coordinator.ledger.epsilon, quality: () => quality });
  const keyholders = new Keyholders({
    keyholders: keyholdersOf(run),
    clock,
    events,
    waitMs: options.keyholderWaitMs ?? 60_000,
    hedgeMs: options.hedgeMs ?? 15_000,
    sign: (round, group, list) => toBase64url(sign(identity, "open", openBytes(run.digest, round, group, list))),
  });
  const gateways =
    options.gateways === true
      ? new Gateways({ run, store, serverKey: identity.id, partMs: options.partMs ?? 5_000, onLost: () => metrics.lostParts() })
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
    firstModel: options.firstModel,
  });
  const models = new PublishedModels(store, run.terms.id, run.terms.precision);
  await coordinator.start();
  gateways?.serve(coordinator);
  if (gateways !== undefined) events.on("round", () => gateways.refresh());
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
    maxEnrolled: options.maxEnrolled ?? 1_000_000,
    joinMs: options.joinMs ?? 10_000,
  };
  const listeners: Listener[] = [];
  let isClosed = false;
  const pages = createRequestListener({
    metrics,
    isReady: () => !isClosed && !coordinator.hasFailed,
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
  const accept = (channel: Channel): void => {
    connections.add(channel);
    serveSession(parts, channel);
  };
  const onRefused = ({ code }: CofactorError): void => events.emit("refused", { kind: "unknown", code });

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
    get hasFailed() {
      return coordinator.hasFailed;
    },
    pages,
    records: () => store.records(run.terms.id),
    items: () => standingsOf(coordinator.published.catalogue),
    addItems: (ids) => coordinator.undisturbed(() => orderItems(run, store, "add", ids)),
    removeItems: (ids) => coordinator.undisturbed(() => orderItems(run, store, "remove", ids)),
    setItems: (ids) => coordinator.undisturbed(() => setItems(run, store, coordinator.published.catalogue, ids)),
    participations: () => coordinator.ledger.log,
    privacy: () => coordinator.ledger.spent,
    accept,
    async listen(listenOptions = {}) {
      const listener = await listen(listenOptions, { pages, onChannel: accept, onRefused });
      listeners.push(listener);
      return listener;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      coordinator.stop();
      keyholders.close();
      connections.closeAll();
      await Promise.all(listeners.map((listener) => listener.close()));
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

/** Public keys of the keyholders that the terms name. */
function keyholdersOf(run: Run): readonly string[] {
  const named = run.terms.protection["keyholders"];
  return Array.isArray(named) ? named.filter((key): key is string => typeof key === "string") : [];
}
