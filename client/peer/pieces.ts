/** Sealed frames in pieces that a channel carries, and together again. Imports transport. */
import { concatenate } from "../../shared/crypto/encoding.ts";
import { maxPayloadBytes } from "../../shared/transport.ts";

/** A piece of a frame. */
export interface Piece {
  readonly frame: number;
  readonly part: number;
  readonly parts: number;
}

/** The pieces of a frame; none when it is beyond 64 pieces (16 MiB). */
export function cutFrame(frame: number, bytes: Uint8Array): readonly (readonly [Piece, Uint8Array])[] {
  const parts = Math.max(1, Math.ceil(bytes.length / maxPayloadBytes));
  if (parts > 64) return [];
  return Array.from({ length: parts }, (_, part) => [
    { frame, part, parts },
    bytes.slice(part * maxPayloadBytes, (part + 1) * maxPayloadBytes),
  ]);
}

/** Puts the frames of one sender together. Guarantees: holds at most two unfinished frames; older ones are lost, and sent again. */
export class FrameJoiner {
  readonly #open = new Map<number, { readonly parts: (Uint8Array | undefined)[]; have: number }>();

  /** The whole frame when this was its last piece. */
  add({ frame, part, parts }: Piece, bytes: Uint8Array): Uint8Array | undefined {
    if (part >= parts) return undefined;
    if (parts === 1) return bytes;
    let entry = this.#open.get(frame);
    if (entry === undefined) {
      entry = { parts: new Array<Uint8Array | undefined>(parts).fill(undefined), have: 0 };
      this.#open.set(frame, entry);
      for (const oldest of this.#open.keys()) {
        if (this.#open.size <= 2) break;
        this.#open.delete(oldest);
      }
    }
    if (entry.parts.length !== parts || entry.parts[part] !== undefined) return undefined;
    entry.parts[part] = bytes;
    entry.have += 1;
    if (entry.have < parts) return undefined;
    this.#open.delete(frame);
    return concatenate(...(entry.parts as Uint8Array[]));
  }
}
