/**
 * What the operator's console is told, and what it may ask: the contract between the aggregator and the page. Public facts and counts alone: no
 * rating, factor, contribution or secret has a place in these types, and a device's key is never among them. Imports privacy-account's types.
 */
import type { EpsilonByView, PrivacyResult } from "../privacy-account.ts";

/** The Socket.IO namespace. */
export const consoleNamespace = "/console";

/** What the operator's word about a run is. */
export type Standing = "running" | "paused" | "ended";

/** A finished round; null where it was finished by an earlier process, or where there is no such figure. */
export interface ConsoleRound {
  readonly round: number;
  readonly outcome: "published" | "abandoned";
  readonly invited: number;
  readonly accepted: number;
  readonly dropped: number;
  readonly reason: string;
  readonly seconds: number | null;
  readonly bytesUp: number | null;
  readonly epsilon: EpsilonByView | null;
  readonly quality: { readonly metrics: Readonly<Record<string, number>>; readonly people: number } | null;
}

/** What does not change while the process runs. */
export interface ConsoleFacts {
  readonly version: string;
  readonly run: string;
  /** The first letters of the key that signs the terms. */
  readonly serverKey: string;
  readonly digest: string;
  readonly model: string;
  readonly protection: string;
  readonly items: number;
  readonly rounds: number;
  readonly cohort: { readonly size: number; readonly min: number };
  /** What is promised; null where nothing is. */
  readonly budget: { readonly epsilon: number; readonly delta: number } | null;
  readonly startedAtMs: number;
}

/** The open round. */
export interface ConsoleOpenRound {
  readonly round: number;
  readonly phase: string;
  readonly stage: number;
  readonly stages: readonly string[];
  readonly invited: number;
  /** Of the cohort: who is connected now. */
  readonly joined: number;
  readonly asked: number;
  /** Answers to the current stage that are checked and durable. */
  readonly accepted: number;
  readonly dropped: number;
  readonly seconds: number;
  /** Messages refused since it began, by code. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A keyholder by its place in the terms; its key shortened. */
export interface ConsoleKeyholder {
  readonly place: number;
  readonly key: string;
  readonly isConnected: boolean;
  readonly declined: number;
  readonly blamed: number;
}

/** An entry of the ledger: how many devices, not which. */
export interface ConsoleLedgerEntry {
  readonly seq: number;
  readonly round: number;
  readonly kind: string;
  readonly devices: number;
  readonly hash: string;
}

/** A word of the operator about a run, as it is kept. */
export interface OperatorOrder {
  readonly order: "pause" | "resume" | "end";
  /** Who gave it, by the name that was given at the sign-in. */
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** The newest round that had begun. */
  readonly round: number;
}

/** A run that the store holds. */
export interface ConsoleRun {
  readonly id: string;
  readonly isServed: boolean;
  readonly published: number;
  readonly abandoned: number;
}

/** A process that receives devices for the one that leads. */
export interface ConsoleGateway {
  readonly name: string;
  /** Devices that are joined there. */
  readonly clients: number;
  /** When it came to this leader, in milliseconds since 1970. */
  readonly sinceMs: number;
  /** Stages whose answers were read from the store, since what it had added up was not handed over, or not taken. */
  readonly partsLost: number;
  /** Since its process started. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

/** What a coordinator says that does not lead. */
export interface ConsoleStandby {
  readonly run: string;
  /** Where the one that leads is reached, as `https://host:port`; null where none is known to. */
  readonly leader: string | null;
  /** This one has the lease, and is about to lead. */
  readonly isTakingOver: boolean;
}

/** What changes while the run goes on. */
export interface ConsoleLive {
  readonly atMs: number;
  /** gathering, collecting, revealing, ended, failed. */
  readonly phase: string;
  readonly standing: Standing;
  readonly round: number;
  readonly published: number;
  readonly connected: number;
  readonly connections: number;
  readonly open: ConsoleOpenRound | null;
  /** Since the processes started: of this one and its gateways, what passes between them included. */
  readonly traffic: { readonly bytesSent: number; readonly bytesReceived: number };
  /** Likewise, by code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly keyholders: readonly ConsoleKeyholder[];
  readonly runs: readonly ConsoleRun[];
  /** Null where devices come to this process itself. */
  readonly gateways: readonly ConsoleGateway[] | null;
  readonly orders: readonly OperatorOrder[];
}

/** The account after a round. */
export interface ConsoleAccount {
  /** Null where nothing is promised. */
  readonly privacy: PrivacyResult | null;
  readonly ledger: { readonly entries: number; readonly head: string; readonly last: readonly ConsoleLedgerEntry[] } | null;
}

/** What the server sends, by event. */
export interface ConsoleEvents {
  facts(facts: ConsoleFacts): void;
  rounds(rounds: readonly ConsoleRound[]): void;
  round(round: ConsoleRound): void;
  live(live: ConsoleLive): void;
  account(account: ConsoleAccount): void;
  /** Instead of all others, while another coordinator leads. */
  standby(standby: ConsoleStandby): void;
}

/** What a command or a download gives. */
export type ConsoleReply = { readonly ok: true; readonly text?: string } | { readonly ok: false; readonly message: string };

/** What the page asks, by event. */
export interface ConsoleRequests {
  order(order: unknown, reply: (answer: ConsoleReply) => void): void;
  report(form: unknown, reply: (answer: ConsoleReply) => void): void;
}

/** A key as a console shows it. */
export function shortKey(key: string): string {
  return `${key.slice(0, 8)}…`;
}
