/** The server's public entry: `cofactor/server`. */
export { type CoordinatorNode, type CoordinatorNodeOptions, startCoordinator } from "./cluster/coordinator-node.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./cluster/gateway.ts";
export { type Lease, MemoryLeases } from "./cluster/lease.ts";
export { type RedisLeaseOptions, redisLease } from "./cluster/redis-lease.ts";
export { type DealtKey, dealKey } from "./deal-key.ts";
export type { RoundReport, ServerEvents } from "./events.ts";
export type { CatalogueStatus, ItemStanding } from "./items.ts";
export { Keyholder, type KeyholderParts, type ServedKeyholder, serveKeyholder } from "./keyholder.ts";
export type { KeyholderEvent } from "./keyholder-desk.ts";
export { type Enrolment, fileRecord, type KeyholderRecord, memoryRecord } from "./keyholder-record.ts";
export type { Metrics } from "./metrics.ts";
export { type ListeningRelay, listenRelay } from "./relay/listen.ts";
export { createRelay, type Relay, type RelayOptions } from "./relay/relay.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
export type { Listener, ListenOptions } from "./socket.ts";
export type {
  AnswerFate,
  AnswerKey,
  CatalogueStore,
  Driver,
  OpenRound,
  Publication,
  PublishedCatalogue,
  RoundRecord,
  Store,
  StoredAnswer,
  StoredRun,
} from "./store.ts";
export { openStore } from "./stores/index.ts";
export { memoryStore } from "./stores/memory.ts";
export { type PostgresOptions, postgresStore } from "./stores/postgres.ts";
export { sqliteStore } from "./stores/sqlite.ts";
