/**
 * Answers that arrive in chunks: one upload for each client, which survives a lost connection and goes on where it was.
 * Imports errors.
 */
import { CofactorError } from "../shared/errors.ts";

/** One chunk of an answer. */
export interface Chunk {
  readonly digest: string;
  readonly total: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Upload {
  readonly digest: string;
  readonly buffer: Uint8Array;
  received: number;
}

/** The unfinished answers of a stage. */
export class Uploads {
  readonly #uploads = new Map<string, Upload>();
  #bytes = 0;

  /** What the unfinished answers announce to be, together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many bytes of a client's answer are here. */
  received(client: string): number {
    return this.#uploads.get(client)?.received ?? 0;
  }

  /**
   * Takes a chunk; returns the whole answer when it is complete.
   *
   * A chunk behind what was received is a repeat and changes nothing; an answer with another digest begins anew at offset 0.
   * @param maxBytesInFlight of all unfinished answers together
   * @throws CofactorError MESSAGE_TOO_LARGE before anything is kept, RATE_LIMITED when others' answers must be finished first, MESSAGE_MALFORMED
   * for a chunk that leaves a gap or runs over
   */
  take(client: string, chunk: Chunk, maxBytes: number, maxBytesInFlight: number = Number.POSITIVE_INFINITY): Uint8Array | undefined {
    if (chunk.total > maxBytes)
      throw new CofactorError("MESSAGE_TOO_LARGE", `an answer to this stage expected at most ${maxBytes} bytes, got ${chunk.total}`);
    let upload = this.#uploads.get(client);
    if (upload === undefined || (upload.digest !== chunk.digest && chunk.offset === 0)) {
      if (chunk.offset !== 0) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected 0, got ${chunk.offset}`);
      this.drop(client);
      if (this.#bytes > 0 && this.#bytes + chunk.total > maxBytesInFlight) {
        throw new CofactorError("RATE_LIMITED", "too many unfinished answers at once", { retryable: true, retryAfterMs: 1_000 });
      }
      upload = { digest: chunk.digest, buffer: new Uint8Array(chunk.total), received: 0 };
      this.#uploads.set(client, upload);
      this.#bytes += chunk.total;
    }
    if (upload.digest !== chunk.digest || upload.buffer.length !== chunk.total) {
      throw new CofactorError("MESSAGE_MALFORMED", "a chunk expected the digest and total of the answer that it belongs to");
    }
    const end = chunk.offset + chunk.bytes.length;
    if (chunk.bytes.length === 0 || chunk.offset > upload.received || end > chunk.total) {
      throw new CofactorError(
        "MESSAGE_MALFORMED",
        `"offset" expected ${upload.received} with bytes up to ${chunk.total}, got ${chunk.offset}`,
      );
    }
    if (end > upload.received) {
      upload.buffer.set(chunk.bytes.subarray(upload.received - chunk.offset), upload.received);
      upload.received = end;
    }
    return upload.received === chunk.total ? upload.buffer : undefined;
  }

  /** Forgets a client's answer. */
  drop(client: string): void {
    this.#bytes -= this.#uploads.get(client)?.buffer.length ?? 0;
    this.#uploads.delete(client);
  }

  /** Forgets every answer. */
  clear(): void {
    this.#uploads.clear();
    this.#bytes = 0;
  }
}
