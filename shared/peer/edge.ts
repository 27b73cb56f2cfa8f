/**
 * One end of an edge: which messages are on their way, which have come, when the neighbor was last heard. Pure: every change is a new value.
 * Imports frame.
 */
import { encodeFrame, type Frame, type FrameKind } from "./frame.ts";

/** live: takes part in every phase; silent: given up for now, may come back; knocking: heard again, joins with the next round; gone: ended. */
export type EdgeStatus = "live" | "silent" | "knocking" | "gone";

/** One end of an edge. */
export interface Edge {
  readonly status: EdgeStatus;
  readonly epoch: number;
  /** Messages that were sent in this epoch. */
  readonly sent: number;
  /** Those of them, oldest first, that the neighbor has not confirmed: two at most. */
  readonly unconfirmed: readonly Uint8Array[];
  /** Messages that have come in this epoch, in order. */
  readonly received: number;
  /** Those of them, oldest first, that no step has used. */
  readonly waiting: readonly Uint8Array[];
  /** The message behind the next one, when it has overtaken it. */
  readonly early?: Uint8Array | undefined;
  readonly heardAtMs: number;
  readonly sentAtMs: number;
  /** How often the oldest unconfirmed message was sent again. */
  readonly repeats: number;
}

const noBytes = new Uint8Array(0);

/** An edge in its first phase, or anew. */
export function freshEdge(status: EdgeStatus, epoch: number, nowMs: number): Edge {
  return { status, epoch, sent: 0, unconfirmed: [], received: 0, waiting: [], heardAtMs: nowMs, sentAtMs: nowMs, repeats: 0 };
}

/** A frame without a message. */
export function signal(edge: Edge, kind: Exclude<FrameKind, "message">): Uint8Array {
  return encodeFrame({ kind, epoch: edge.epoch, number: 0, received: edge.received, message: noBytes });
}

/** Puts a message on its way: the edge, and the frame to send. */
export function sendMessage(edge: Edge, message: Uint8Array, nowMs: number): readonly [Edge, Uint8Array] {
  const frame = encodeFrame({ kind: "message", epoch: edge.epoch, number: edge.sent, received: edge.received, message });
  const isFirst = edge.unconfirmed.length === 0;
  return [
    {
      ...edge,
      sent: edge.sent + 1,
      unconfirmed: [...edge.unconfirmed, message],
      sentAtMs: isFirst ? nowMs : edge.sentAtMs,
      repeats: isFirst ? 0 : edge.repeats,
    },
    frame,
  ];
}

/** The unconfirmed messages as frames, once more. */
export function repeatMessages(edge: Edge, nowMs: number): readonly [Edge, readonly Uint8Array[]] {
  const first = edge.sent - edge.unconfirmed.length;
  const frames = edge.unconfirmed.map((message, at) =>
    encodeFrame({ kind: "message", epoch: edge.epoch, number: first + at, received: edge.received, message }),
  );
  return [{ ...edge, sentAtMs: nowMs, repeats: edge.repeats + 1 }, frames];
}

/** Takes note of what a frame of this epoch confirms. A number that was never sent confirms nothing. */
export function confirm(edge: Edge, frame: Frame, nowMs: number): Edge {
  const before = edge.sent - edge.unconfirmed.length;
  if (frame.received <= before || frame.received > edge.sent) return edge;
  return { ...edge, unconfirmed: edge.unconfirmed.slice(frame.received - before), sentAtMs: nowMs, repeats: 0 };
}

/**
 * Keeps a message that is next in order, and one that has overtaken it, for steps; others are repetitions, or come again.
 * @param check passes a message by its place; throws for one that no honest neighbor sends
 */
export function keepMessages(edge: Edge, frame: Frame, check: (number: number, message: Uint8Array) => void): Edge {
  // An honest neighbor is at most two messages ahead of what a step has used here.
  if (frame.number === edge.received + 1 && edge.waiting.length === 0) return { ...edge, early: frame.message };
  if (frame.number !== edge.received || edge.waiting.length === 2) return edge;
  const messages = edge.early === undefined ? [frame.message] : [frame.message, edge.early];
  for (const [at, message] of messages.entries()) check(edge.received + at, message);
  return { ...edge, received: edge.received + messages.length, waiting: [...edge.waiting, ...messages], early: undefined };
}
