/** The server's public entry: `cofactor/server`. */
export { type ExportOptions, exportRun, type ImportedRun, type ImportOptions, importRun } from "./archive.ts";
export { type CoordinatorNode, type CoordinatorNodeOptions, startCoordinator } from "./cluster/coordinator-node.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./cluster/gateway.ts";
export { type Lease, MemoryLeases } from "./cluster/lease.ts";
export { type RedisLeaseOptions, redisLease } from "./cluster/redis-lease.ts";
export { type DealtKey, dealKey } from "./deal-key.ts";
export type { Drained, DrainOptions } from "./drain.ts";
export { EnrolmentDesk, type EnrolmentOptions } from "./enrolment/desk.ts";
export { enrolmentPolicies } from "./enrolment/index.ts";
export type { Applicant, EnrolmentDefinition, EnrolmentPolicy, PolicyParts } from "./enrolment/policy.ts";
export type {
  EnrolmentContents,
  EnrolmentStore,
  InvitationCounts,
  KeptInvitation,
  ListedClient,
  Revocations,
  Standing,
} from "./enrolment/store.ts";
export { createInvitation, type Invitation } from "./enrolment/token.ts";
export type { RoundReport, ServerEvents } from "./events.ts";
export { type ItemFactors, readItemFactors } from "./item-factors.ts";
export type { CatalogueStatus, ItemStanding } from "./items.ts";
export { Keyholder, type KeyholderParts, type ServedKeyholder, serveKeyholder } from "./keyholder.ts";
export type { KeyholderEvent } from "./keyholder-desk.ts";
export { type Enrolment, fileRecord, type KeyholderRecord, memoryRecord } from "./keyholder-record.ts";
export type { ConnectionLimits, SessionLimits } from "./limits.ts";
export type { Metrics } from "./metrics.ts";
export { type OpenTelemetry, type OpenTelemetryOptions, openTelemetry } from "./open-telemetry.ts";
export { type ListeningRelay, listenRelay } from "./relay/listen.ts";
export { createRelay, type Relay, type RelayOptions } from "./relay/relay.ts";
export { createServer, type Server, type ServerOptions } from "./server.ts";
export type { Listener, ListenOptions } from "./socket.ts";
export type {
  AnswerFate,
  AnswerKey,
  CatalogueStore,
  Driver,
  EnrolFate,
  OpenRound,
  Publication,
  PublishedCatalogue,
  RoundRecord,
  Store,
  StoredAnswer,
  StoredRun,
} from "./store.ts";
export { type OpenOptions, openStore } from "./stores/index.ts";
export { memoryStore } from "./stores/memory.ts";
export { memoryEnrolment } from "./stores/memory-enrolment.ts";
export { type PostgresOptions, postgresStore } from "./stores/postgres.ts";
export { postgresEnrolment } from "./stores/postgres-enrolment.ts";
export { sqliteStore } from "./stores/sqlite.ts";
export { sqliteEnrolment } from "./stores/sqlite-enrolment.ts";
export type { RoundSpan, RoundTracer, SpanFacts } from "./tracing.ts";
export type { TlsOptions } from "./web-server.ts";
