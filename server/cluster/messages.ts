/**
 * The messages between a gateway and the coordinator, one schema each, over a channel on which the gateway has proved that it holds the server's
 * own key. Imports valibot, shared.
 *
 * Lists of clients go in pieces of `maxListed`, so that a header stays below a transport's limit.
 */
import * as v from "valibot";
import { CofactorError, errorCodes } from "../../shared/errors.ts";
import type { Header } from "../../shared/transport.ts";
import type { ModelRef } from "../../shared/wire/messages.ts";
import type { Tally } from "./tallies.ts";

/** Most clients that one message names. */
export const maxListed = 400;

/** What a gateway tells clients that join. */
export interface View {
  /** Of the coordinator that drives: answers are kept under it. */
  readonly epoch: number;
  /** The newest published one. */
  readonly model: ModelRef;
  readonly ended: boolean;
  /** The round that was over last. */
  readonly over: number;
}

/** What became of asking a client; `lost`: nobody knows. */
export type AskOutcome = "takes part" | "declined" | "idle" | "lost";

/** The headers of every request. */
export interface LinkRequests {
  /** Gateway, first: the answer is the view. */
  readonly link: { readonly challenge: string };
  /** Gateway: these clients are there, and the content hash of the newest model that each was told of. */
  readonly here: { readonly clients: readonly (readonly [client: string, told: string])[] };
  /** Gateway: these are gone; for good where they have left. */
  readonly away: { readonly clients: readonly string[]; readonly left: boolean };
  /** Gateway: the answers of these are durable. */
  readonly answered: { readonly round: number; readonly stage: number; readonly clients: readonly string[] };
  /** Gateway: what became of asking these. */
  readonly told: { readonly round: number; readonly stage: number; readonly clients: readonly string[]; readonly outcome: AskOutcome };
  /** Gateway, every few seconds: what it counts of itself. */
  readonly tally: Tally;
  /** Coordinator: ask these for their answers to a stage. */
  readonly ask: {
    readonly round: number;
    readonly stage: number;
    readonly model: ModelRef;
    readonly deadlineMs: number;
    readonly clients: readonly string[];
  };
  /** Coordinator: tell these of a round that is over. */
  readonly news: { readonly kind: "published" | "abandoned"; readonly header: Header; readonly clients: readonly string[] };
  /** Coordinator: the view has changed. */
  readonly view: View;
  /** Coordinator: a piece of what the gateway has added up in a stage. */
  readonly part: { readonly round: number; readonly stage: number; readonly offset: number };
}

/** The headers of the answers that have one. */
export interface LinkAnswers {
  /** With the coordinator's proof that it holds the server's key, at the address that the gateway dialled. */
  readonly link: { readonly view: View; readonly proof: string };
  /** `bytesUp`: of the stage's answers, as this gateway received them. */
  readonly part: { readonly total: number; readonly bytesUp: number };
}

/** The kinds of messages. */
export type LinkKind = keyof LinkRequests;

const client = v.pipe(v.string(), v.length(43));
const clients = v.pipe(v.array(client), v.maxLength(maxListed));
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const model = v.strictObject({ sha256: client, bytes: whole, round: whole });
/** What operators call a gateway: no control characters, nothing that turns the direction of a text. */
export const gatewayName: v.GenericSchema<string> = v.pipe(v.string(), v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._:@/-]{0,39}$/u));
const view = v.strictObject({ epoch: whole, model, ended: v.boolean(), over: whole });

const requests: { readonly [Kind in LinkKind]: v.GenericSchema<unknown, LinkRequests[Kind]> } = {
  link: v.strictObject({ challenge: client }),
  here: v.strictObject({ clients: v.pipe(v.array(v.tuple([client, client])), v.maxLength(maxListed)) }),
  away: v.strictObject({ clients, left: v.boolean() }),
  answered: v.strictObject({ round: whole, stage: whole, clients }),
  told: v.strictObject({ round: whole, stage: whole, clients, outcome: v.picklist(["takes part", "declined", "idle", "lost"]) }),
  tally: v.strictObject({
    id: v.pipe(v.string(), v.length(36)),
    name: gatewayName,
    connections: whole,
    bytesSent: whole,
    bytesReceived: whole,
    refused: v.record(v.picklist(errorCodes), whole),
  }),
  ask: v.strictObject({ round: whole, stage: whole, model, deadlineMs: whole, clients }),
  news: v.strictObject({ kind: v.picklist(["published", "abandoned"]), header: v.record(v.string(), v.unknown()), clients }),
  view,
  part: v.strictObject({ round: whole, stage: whole, offset: whole }),
};

const answers: { readonly [Kind in keyof LinkAnswers]: v.GenericSchema<unknown, LinkAnswers[Kind]> } = {
  link: v.strictObject({ view, proof: v.pipe(v.string(), v.maxLength(100)) }),
  part: v.strictObject({ total: whole, bytesUp: whole }),
};

/** @throws CofactorError MESSAGE_MALFORMED */
export function parseLinkRequest<Kind extends LinkKind>(kind: Kind, header: Header): LinkRequests[Kind] {
  return parse<LinkRequests[Kind]>(kind, requests[kind], header);
}

/** @throws CofactorError MESSAGE_MALFORMED */
export function parseLinkAnswer<Kind extends keyof LinkAnswers>(kind: Kind, header: Header): LinkAnswers[Kind] {
  return parse<LinkAnswers[Kind]>(kind, answers[kind], header);
}

/** Pieces of a list that fit into one message each. */
export function piecesOf<Item>(items: readonly Item[]): Item[][] {
  const pieces: Item[][] = [];
  for (let start = 0; start < items.length; start += maxListed) pieces.push(items.slice(start, start + maxListed));
  return pieces;
}

function parse<Output>(kind: string, schema: v.GenericSchema<unknown, Output>, header: Header): Output {
  const result = v.safeParse(schema, header);
  if (result.success) return result.output;
  throw new CofactorError("MESSAGE_MALFORMED", `"${kind}" between servers: expected ${result.issues[0].expected ?? "another value"}`);
}
