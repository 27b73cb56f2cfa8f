/**
 * The frames of an edge: a small fixed head, then a message or nothing. Imports errors.
 *
 * Form, little-endian: version [1], kind [1], epoch [4], number [4], received [4], message.
 */
import { CofactorError } from "../errors.ts";

/** What a frame is: a sign of life, a message, or the sender's end. */
export type FrameKind = "alive" | "message" | "bye";

/** A frame of one edge. */
export interface Frame {
  readonly kind: FrameKind;
  /** How often the edge has begun anew; the higher one of both ends holds. */
  readonly epoch: number;
  /** The place of the message among all of its sender on this edge and epoch, from 0; 0 where there is none. */
  readonly number: number;
  /** How many messages of this edge and epoch the sender has received. */
  readonly received: number;
  readonly message: Uint8Array;
}

/** Bytes of a frame's head. */
export const frameHeadBytes = 14;

/** The largest message of an edge. */
export const maxMessageBytes = 16_777_216;

const version = 1;
const kinds: readonly FrameKind[] = ["alive", "message", "bye"];

/** A frame as bytes. */
export function encodeFrame(frame: Frame): Uint8Array {
  const out = new Uint8Array(frameHeadBytes + frame.message.length);
  const view = new DataView(out.buffer);
  out[0] = version;
  out[1] = kinds.indexOf(frame.kind);
  view.setUint32(2, frame.epoch, true);
  view.setUint32(6, frame.number, true);
  view.setUint32(10, frame.received, true);
  out.set(frame.message, frameHeadBytes);
  return out;
}

/** A frame from bytes. @throws CofactorError MESSAGE_MALFORMED, PROTOCOL_UNSUPPORTED, MESSAGE_TOO_LARGE */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.length < frameHeadBytes) throw new CofactorError("MESSAGE_MALFORMED", `a frame expected at least ${frameHeadBytes} bytes`);
  if (bytes[0] !== version) throw new CofactorError("PROTOCOL_UNSUPPORTED", `a frame expected version ${version}, got ${bytes[0]}`);
  if (bytes.length > frameHeadBytes + maxMessageBytes) {
    throw new CofactorError("MESSAGE_TOO_LARGE", `a message between agents expected at most ${maxMessageBytes} bytes`);
  }
  const kind = kinds[bytes[1]!];
  if (kind === undefined || (kind !== "message" && bytes.length > frameHeadBytes)) {
    throw new CofactorError("MESSAGE_MALFORMED", "a frame expected a known kind, and bytes behind its head in a message alone");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    kind,
    epoch: view.getUint32(2, true),
    number: view.getUint32(6, true),
    received: view.getUint32(10, true),
    message: bytes.slice(frameHeadBytes),
  };
}
