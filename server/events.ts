/** What a server tells its operator's code. Imports types only. */
import type { OperatorOrder } from "../shared/console/feed.ts";
import type { Emitter } from "../shared/emitter.ts";
import type { ErrorCode } from "../shared/errors.ts";
import type { EpsilonByView } from "../shared/privacy-account.ts";
import type { RoundRecord } from "./store.ts";

/** A finished round. */
export interface RoundReport extends RoundRecord {
  readonly seconds: number;
  /** Bytes of answers received. */
  readonly bytesUp: number;
  /** True when it was the run's last. */
  readonly ended: boolean;
  /** What the rounds so far cost by the plan; absent when the terms promise nothing. */
  readonly epsilon?: EpsilonByView;
}

/** The events of a server. */
export type ServerEvents = {
  joined: { readonly client: string; readonly isNew: boolean };
  left: { readonly client: string };
  /** The promise lets too few of the connected devices take part, in this round and later: only others can help. */
  starved: { readonly round: number; readonly connected: number; readonly candidates: number };
  /** A round may begin once enough devices are there: told when the first of them is looked for. */
  gathering: { readonly round: number };
  began: { readonly round: number; readonly invited: number };
  /** A stage of a round is asked for, from so many devices; in a round that an earlier process began too. */
  stage: { readonly round: number; readonly stage: number; readonly name: string; readonly asked: number };
  /** All answers are in and durable; the sum is about to be opened. */
  revealing: { readonly round: number; readonly contributors: number };
  /** The sum is opened and the model made: it is about to be written. */
  publishing: { readonly round: number };
  round: RoundReport;
  /** The round, or the run when the code is STORE_FAILED or LEDGER_CORRUPT: then nothing more is asked or released. */
  failed: { readonly round: number; readonly error: unknown };
  /** A group whose sum could not be had, for what a device of it did or for too many that were lost: the round goes on with the others. */
  spoiled: { readonly round: number; readonly group: number; readonly groups: number; readonly error: unknown };
  /** `request` names connection and message, as logs do; undefined for what was refused before there was either. */
  refused: { readonly kind: string; readonly code: ErrorCode; readonly request?: string };
  /** A connection that failed for a reason of this server's own; the peer was told INTERNAL. */
  internal: { readonly error: unknown; readonly request: string };
  /** The operator paused, resumed or ended the run: durable. */
  ordered: OperatorOrder;
  /** What a gateway had added up in a stage was not handed over, or not taken: its answers are read from the store. */
  partLost: { readonly round: number };
  /** A page was answered. `request` is this server's own name for it, `route` one of its own, "other" for what is none: no text of a stranger. */
  page: { readonly request: string; readonly method: string; readonly route: string; readonly status: number; readonly ms: number };
  /** A gateway has found the coordinator that leads, or lost it. */
  linked: { readonly isLinked: boolean };
  /** A coordinator of several leads from now on, or stands by. */
  leading: { readonly isLeading: boolean };
  /** A keyholder, by its place in the terms, came or went; `connected` of them are there now. */
  keyholder: { readonly keyholder: number; readonly isConnected: boolean; readonly connected: number };
  /** A keyholder refused to open a sum: another one is asked. */
  declined: { readonly round: number; readonly keyholder: number; readonly code: ErrorCode };
  /** A keyholder's part of a sum was not what it must be: another one is asked, and this one should be looked at. */
  blamed: { readonly round: number; readonly keyholder: number; readonly reason: string };
};

type SharedEvent = Exclude<keyof ServerEvents, "linked" | "leading" | "page">;

/** Each once, or it does not compile. */
const shared: Readonly<Record<SharedEvent, true>> = {
  joined: true,
  left: true,
  starved: true,
  gathering: true,
  began: true,
  stage: true,
  revealing: true,
  publishing: true,
  round: true,
  failed: true,
  spoiled: true,
  refused: true,
  internal: true,
  ordered: true,
  partLost: true,
  keyholder: true,
  declined: true,
  blamed: true,
};

/** Hands every event of a server on, but those of one among several and of its pages. */
export function forwardEvents(from: Pick<Emitter<ServerEvents>, "on">, to: Pick<Emitter<ServerEvents>, "emit">): void {
  for (const name of Object.keys(shared) as SharedEvent[]) from.on(name, (event) => to.emit(name, event));
}
