/**
 * Every cap on what a stranger can make grow, with its default: sockets, bytes, messages, waits. Imports valibot, registry.
 *
 * Defaults are sized for one process on two cores (15 KB a connection, 20,000 connections); a wait is in milliseconds.
 */
import * as v from "valibot";
import { parseConfig } from "../shared/registry.ts";

/** What a listener checks before a message is seen. */
export interface ConnectionLimits {
  /** TCP connections, pages and unfinished handshakes included; further ones are dropped unread. */
  readonly maxSockets: number;
  readonly maxConnections: number;
  /** An address is an IPv4 address, or an IPv6 network of 64 bits. */
  readonly maxConnectionsPerAddress: number;
  /** Connections that have not joined yet. */
  readonly maxPendingJoins: number;
  /** New connections a second, in all: what is left of a reconnect storm comes back by itself, later. */
  readonly connectsPerSecond: number;
  readonly connectBurst: number;
  readonly connectsPerSecondPerAddress: number;
  readonly connectBurstPerAddress: number;
  /** For TLS' handshake. */
  readonly handshakeMs: number;
  /** For the headers of a request. */
  readonly headersMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  /** From the WebSocket to Socket.IO's own handshake. */
  readonly connectMs: number;
  /** Between two pings, and for the answer to one: a silent or dribbling peer is gone after twice as long. */
  readonly pingMs: number;
  readonly maxHeaders: number;
  readonly maxHeaderBytes: number;
  /** What a connection may send before it has joined. */
  readonly maxBytesBeforeJoin: number;
  /** What may wait to be written to one peer that does not read. */
  readonly maxBytesWaiting: number;
}

/** What a session checks with every message. */
export interface SessionLimits {
  /** From the connection to the join. */
  readonly joinMs: number;
  readonly maxEnrolled: number;
  /** Joined connections of one key; a further one ends the oldest. */
  readonly maxConnectionsPerIdentity: number;
  /** Requests of one connection in work at once; clients keep to 4. */
  readonly maxRequestsInWork: number;
  /** Refused messages after which a connection is ended. */
  readonly maxRefusals: number;
  /** Messages of one connection, and of one key over all its connections. */
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  /** Bytes in both directions, likewise. */
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
  /** Unfinished answers of all clients together, by the size that they announce. */
  readonly maxBytesInFlight: number;
}

type LimitSchema = v.OptionalSchema<v.GenericSchema<number>, number>;
/** A schema with a default for each limit. */
export type LimitEntries<Limits> = { readonly [Name in keyof Limits]: LimitSchema };

const count = (value: number): LimitSchema => v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1)), value);
const rate = (value: number): LimitSchema => v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), value);
/** Beyond what a timer can wait a wait would be none. */
const wait = (value: number): LimitSchema => v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2 ** 31 - 1)), value);

/** The limits of a listener. */
export const connectionLimits: LimitEntries<ConnectionLimits> = {
  maxSockets: count(22_000),
  maxConnections: count(20_000),
  maxConnectionsPerAddress: count(1_000),
  maxPendingJoins: count(2_000),
  connectsPerSecond: rate(1_000),
  connectBurst: count(4_000),
  connectsPerSecondPerAddress: rate(200),
  connectBurstPerAddress: count(2_000),
  handshakeMs: wait(10_000),
  headersMs: wait(10_000),
  requestMs: wait(30_000),
  connectMs: wait(5_000),
  pingMs: wait(20_000),
  maxHeaders: count(64),
  maxHeaderBytes: count(8_192),
  maxBytesBeforeJoin: count(65_536),
  maxBytesWaiting: count(16_777_216),
};

/** The limits of sessions. */
export const sessionLimits: LimitEntries<SessionLimits> = {
  joinMs: wait(10_000),
  maxEnrolled: count(1_000_000),
  maxConnectionsPerIdentity: count(4),
  maxRequestsInWork: count(32),
  maxRefusals: count(50),
  requestsPerSecond: rate(200),
  requestBurst: count(2_000),
  bytesPerSecond: rate(33_554_432),
  byteBurst: count(268_435_456),
  maxBytesInFlight: count(1_073_741_824),
};

/**
 * The limits of one kind, from options that may hold others too.
 * @throws CofactorError CONFIG_INVALID for one out of range
 */
export function limitsFrom<Limits extends object>(entries: LimitEntries<Limits>, options: Partial<Limits>): Limits {
  const given = Object.entries(options).filter(([name, value]) => Object.hasOwn(entries, name) && value !== undefined);
  const schema = v.strictObject(entries as Record<string, LimitSchema>);
  return parseConfig(schema, Object.fromEntries(given), "limits") as unknown as Limits;
}
