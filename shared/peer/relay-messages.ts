/**
 * What agents and a blind relay say to each other over a channel. Imports encoding, errors, valibot.
 *
 * "peer-hello" (no fields) is answered with a challenge sealed for the name that the agent claims; "peer-proof" brings back its content.
 * "peer-send" {to, part, parts} hands over a piece of a sealed frame, delivered as "peer-frame" {from, part, parts, frame}.
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import type { Header } from "../transport.ts";

/** A piece of a sealed frame. */
export interface FramePiece {
  /** The sender's number of the frame. */
  readonly frame: number;
  readonly part: number;
  readonly parts: number;
}

/** Headers by the kind of message. */
export interface RelayHeaders {
  readonly "peer-hello": { readonly name: string };
  readonly "peer-proof": object;
  readonly "peer-send": FramePiece & { readonly to: string };
  readonly "peer-frame": FramePiece & { readonly from: string };
}

/** Kinds of messages between agents and a relay. */
export type RelayKind = keyof RelayHeaders;

const name = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
const counted = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff_ffff));
const piece = {
  frame: counted,
  part: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(63)),
  parts: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
};

const schemas: { readonly [Kind in RelayKind]: v.GenericSchema<unknown, RelayHeaders[Kind]> } = {
  "peer-hello": v.strictObject({ name }),
  "peer-proof": v.strictObject({}),
  "peer-send": v.strictObject({ to: name, ...piece }),
  "peer-frame": v.strictObject({ from: name, ...piece }),
};

/** @throws CofactorError MESSAGE_MALFORMED */
export function parseRelayHeader<Kind extends RelayKind>(kind: Kind, header: Header): RelayHeaders[Kind] {
  const parsed = v.safeParse(schemas[kind], header);
  if (parsed.success) return parsed.output as RelayHeaders[Kind];
  throw new CofactorError("MESSAGE_MALFORMED", `"${kind}" expected other fields`);
}
