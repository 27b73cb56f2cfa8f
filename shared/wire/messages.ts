/**
 * The messages between a device, the aggregator and a keyholder: one schema for each request and each answer.
 * Imports errors.ts and valibot. A header that does not match its schema is refused with MESSAGE_MALFORMED.
 *
 * Every binary field of a header is base64url: digests (sha256), keys and challenges have 43 characters, signatures 86.
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";

/** The version of the protocol spoken here. */
export const protocolVersion = 1;

/** Names a published model by its content: its sha256, its size in bytes, and the round that made it (0: the start). */
export interface ModelRef {
  readonly sha256: string;
  readonly bytes: number;
  readonly round: number;
}

/** What one joins as: a device, who opens sums, or a server that takes devices' answers in for another one. */
export type JoinRole = "client" | "keyholder" | "gateway";

/** No fields. */
export type EmptyHeader = Readonly<Record<string, never>>;

/** The headers of every message: its request's and its answer's. */
export interface Messages {
  /** Client or keyholder to server, first: which run? The answer brings signed terms and a challenge to sign. */
  readonly hello: {
    readonly request: { readonly protocol: number; readonly run: string };
    readonly answer: {
      readonly protocol: number;
      /** Canonical JSON of the terms. */
      readonly terms: string;
      /** The server's signature (purpose "terms") of those bytes. */
      readonly termsSignature: string;
      readonly serverKey: string;
      /** 32 random bytes to sign (purpose "join"), used once. */
      readonly challenge: string;
    };
  };
  /** To server: proves the identity. Enrols a client that is new. */
  readonly join: {
    readonly request: {
      readonly role: JoinRole;
      readonly publicKey: string;
      readonly proof: string;
      /** Where the operator gives them out: redeemed by this key with its first join. */
      readonly invitation?: string | undefined;
    };
    readonly answer: {
      readonly model: ModelRef;
      readonly isNew: boolean;
      readonly ended: boolean;
      /** In runs whose devices contribute differences: the round that counted this client last, 0 for none. */
      readonly counted?: number | undefined;
      /** Likewise: the newest round that is over, published or abandoned. */
      readonly over?: number | undefined;
    };
  };
  /** Client to server: a piece of a published model, whole or as a difference to `base`. The answer's bytes are the piece. */
  readonly pull: {
    readonly request: { readonly sha256: string; readonly base?: string | undefined; readonly offset: number };
    readonly answer: { readonly encoding: "full" | "delta"; readonly total: number };
  };
  /**
   * Client to server, in runs whose items come and go: a piece of what leads to a version of the catalogue, as the deltas behind `base` or whole.
   * The answer's bytes are the piece. Which items a device has is not told: everyone follows the whole catalogue.
   */
  readonly catalogue: {
    readonly request: { readonly version: number; readonly base?: number | undefined; readonly offset: number };
    readonly answer: { readonly encoding: "deltas" | "whole"; readonly total: number };
  };
  /** Server to client: take part in this stage of a round. The bytes are the stage's brief, or its beginning. */
  readonly ask: {
    readonly request: {
      readonly round: number;
      readonly stage: number;
      readonly model: ModelRef;
      readonly deadlineMs: number;
      /** Length of the whole brief: what is longer than the bytes that came with this is fetched with "brief". */
      readonly briefBytes: number;
      /** Bytes of this stage's answer that the server already has from this client, for resuming. */
      readonly received: number;
    };
    readonly answer: {
      readonly takesPart: boolean;
      readonly reason?: string | undefined;
      /** True when there is nothing to contribute before another model is published, or the client joins again. */
      readonly isIdle?: boolean | undefined;
    };
  };
  /** Client to server: a further chunk of the brief of the stage that this client is asked for. The answer's bytes are the chunk. */
  readonly brief: {
    readonly request: { readonly round: number; readonly stage: number; readonly offset: number };
    readonly answer: EmptyHeader;
  };
  /** Client to server: a chunk of the answer to a stage. The bytes are the chunk. */
  readonly answer: {
    readonly request: {
      readonly round: number;
      readonly stage: number;
      /** sha256 of the whole answer. */
      readonly digest: string;
      /** The client's signature (purpose "answer") of run, round, stage and digest. */
      readonly signature: string;
      readonly total: number;
      readonly offset: number;
    };
    readonly answer: { readonly received: number; readonly status: "partial" | "accepted" | "duplicate" };
  };
  /** Server to client: a round is over; `included` says whether this client's contribution is in it. */
  readonly published: {
    readonly request: {
      readonly round: number;
      readonly model: ModelRef;
      readonly accepted: number;
      readonly included: boolean;
      readonly ended: boolean;
    };
    readonly answer: EmptyHeader;
  };
  /** Server to client: a round came to nothing; `ended` when no further one begins. */
  readonly abandoned: {
    readonly request: { readonly round: number; readonly reason: string; readonly ended?: boolean | undefined };
    readonly answer: EmptyHeader;
  };
  /** Server to client: this server is about to end; come back, to it or another one, after this time and a random part of it. */
  readonly closing: { readonly request: { readonly retryAfterMs: number }; readonly answer: EmptyHeader };
  /** Client to server: forget me. */
  readonly leave: { readonly request: EmptyHeader; readonly answer: EmptyHeader };
  /** Server to keyholder: whose contributions make up the sum to open. The bytes are a chunk of the list (server/contributor-list.ts). */
  readonly open: {
    readonly request: {
      readonly round: number;
      /** The group of the cohort whose sum it is, from 0. */
      readonly group: number;
      readonly contributors: number;
      /** sha256 of the whole list. */
      readonly list: string;
      /** The server's signature (purpose "open") of terms, round, group and list. */
      readonly signature: string;
      readonly total: number;
      readonly offset: number;
    };
    readonly answer: {
      /** Bytes of this list that the keyholder has: all of them at once when it has checked this list before. */
      readonly received: number;
      /** The first contribution that is still wanted: as many as there are contributors when all are in. */
      readonly next: number;
    };
  };
  /** Server to keyholder: a chunk of a listed contribution. The bytes are the chunk; contributions and chunks come in order. */
  readonly contribution: {
    readonly request: {
      readonly round: number;
      readonly list: string;
      /** Place in the list, from 0. */
      readonly index: number;
      readonly offset: number;
      readonly total: number;
    };
    readonly answer: { readonly received: number };
  };
  /** Server to keyholder: a chunk of its part of the opened sum, once all contributions are in. The answer's bytes are the chunk. */
  readonly opened: {
    readonly request: { readonly round: number; readonly list: string; readonly offset: number };
    readonly answer: { readonly total: number };
  };
}

/** The name of a message. */
export type MessageKind = keyof Messages;
/** The header of a request. */
export type RequestHeader<K extends MessageKind> = Messages[K]["request"];
/** The header of an answer. */
export type AnswerHeader<K extends MessageKind> = Messages[K]["answer"];

type Schemas = {
  readonly [K in MessageKind]: {
    readonly request: v.GenericSchema<unknown, RequestHeader<K>>;
    readonly answer: v.GenericSchema<unknown, AnswerHeader<K>>;
  };
};

const key = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
const signature = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{86}$/));
const size = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const round = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const stage = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(15));
const reason = v.pipe(v.string(), v.maxLength(300));
const model = v.strictObject({ sha256: key, bytes: size, round: size });
const empty = v.strictObject({});
const total = v.pipe(size, v.minValue(1));
const version = v.pipe(size, v.maxValue(2 ** 24 - 1));

const schemas: Schemas = {
  hello: {
    request: v.strictObject({ protocol: size, run: v.pipe(v.string(), v.maxLength(64)) }),
    answer: v.strictObject({
      protocol: size,
      terms: v.pipe(v.string(), v.maxLength(60_000)),
      termsSignature: signature,
      serverKey: key,
      challenge: key,
    }),
  },
  join: {
    request: v.strictObject({
      role: v.picklist(["client", "keyholder", "gateway"]),
      publicKey: key,
      proof: signature,
      invitation: v.optional(v.pipe(v.string(), v.maxLength(512))),
    }),
    answer: v.strictObject({
      model,
      isNew: v.boolean(),
      ended: v.boolean(),
      counted: v.optional(size),
      over: v.optional(size),
    }),
  },
  pull: {
    request: v.strictObject({ sha256: key, base: v.optional(key), offset: size }),
    answer: v.strictObject({ encoding: v.picklist(["full", "delta"]), total: size }),
  },
  catalogue: {
    request: v.strictObject({ version, base: v.optional(version), offset: size }),
    answer: v.strictObject({ encoding: v.picklist(["deltas", "whole"]), total }),
  },
  ask: {
    request: v.strictObject({ round, stage, model, deadlineMs: size, briefBytes: size, received: size }),
    answer: v.strictObject({ takesPart: v.boolean(), reason: v.optional(reason), isIdle: v.optional(v.boolean()) }),
  },
  brief: { request: v.strictObject({ round, stage, offset: size }), answer: empty },
  answer: {
    request: v.strictObject({ round, stage, digest: key, signature, total, offset: size }),
    answer: v.strictObject({ received: size, status: v.picklist(["partial", "accepted", "duplicate"]) }),
  },
  published: {
    request: v.strictObject({ round, model, accepted: size, included: v.boolean(), ended: v.boolean() }),
    answer: empty,
  },
  abandoned: { request: v.strictObject({ round, reason, ended: v.optional(v.boolean()) }), answer: empty },
  closing: { request: v.strictObject({ retryAfterMs: size }), answer: empty },
  leave: { request: empty, answer: empty },
  open: {
    request: v.strictObject({ round, group: size, contributors: total, list: key, signature, total, offset: size }),
    answer: v.strictObject({ received: size, next: size }),
  },
  contribution: {
    request: v.strictObject({ round, list: key, index: size, offset: size, total }),
    answer: v.strictObject({ received: size }),
  },
  opened: { request: v.strictObject({ round, list: key, offset: size }), answer: v.strictObject({ total }) },
};

/** True when `kind` names a message. */
export function isMessageKind(kind: string): kind is MessageKind {
  return Object.hasOwn(schemas, kind);
}

/** @throws CofactorError MESSAGE_MALFORMED, naming the field and what was expected */
export function parseRequest<K extends MessageKind>(kind: K, header: unknown): RequestHeader<K> {
  return parse(kind, schemas[kind].request, header);
}

/** @throws CofactorError MESSAGE_MALFORMED, naming the field and what was expected */
export function parseAnswer<K extends MessageKind>(kind: K, header: unknown): AnswerHeader<K> {
  return parse(kind, schemas[kind].answer, header);
}

function parse<Output>(kind: string, schema: v.GenericSchema<unknown, Output>, header: unknown): Output {
  const result = v.safeParse(schema, header);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = (issue.path ?? [])
    .map((step) => String(step.key))
    .join(".")
    .slice(0, 60);
  // What was received may be secret or hostile: say what was expected, not what came.
  throw new CofactorError(
    "MESSAGE_MALFORMED",
    `"${kind}"${field === "" ? "" : `, field "${field}"`}: expected ${issue.expected ?? "another value"}`,
  );
}
