/**
 * One conversation with one keyholder: the list, the contributions it still wants, its part of the opened sum. Imports shared, the
 * list and the evidence.
 */
import { concatenate } from "../shared/crypto/encoding.ts";
import { CofactorError } from "../shared/errors.ts";
import { type Channel, maxPayloadBytes, noBytes, type Packet } from "../shared/transport.ts";
import { parseAnswer, type RequestHeader } from "../shared/wire/messages.ts";
import type { Evidence } from "./evidence.ts";

/** A list of contributors that the server signed. */
export interface Statement {
  readonly round: number;
  readonly group: number;
  readonly contributors: number;
  readonly bytes: Uint8Array;
  /** sha256 of the bytes. */
  readonly list: string;
  readonly signature: string;
}

/** How a conversation is led. */
export interface ExchangeOptions {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called whenever the keyholder has answered something new. */
  readonly onProgress: () => void;
}

/** Chunks that may be under way to a keyholder at once. */
const chunksInFlight = 4;
const stepTimeoutMs = 60_000;
/** Opening takes as long as it takes: seconds to minutes. A lost connection ends the wait at once. */
const openingTimeoutMs = 900_000;
/** Greatest size of a keyholder's part. */
const maxPartBytes = 1 << 28;

/**
 * Asks a keyholder for its part. What it has of the same list already is not sent again.
 *
 * @throws CofactorError DECRYPT_FAILED for answers that no honest keyholder gives, DISCONNECTED, TIMED_OUT, CANCELLED, what the store
 * throws, or the keyholder's refusal (with details.remote)
 */
export async function exchange(
  channel: Channel,
  statement: Statement,
  evidence: Evidence,
  { signal, onProgress }: ExchangeOptions,
): Promise<Uint8Array> {
  const request = async (kind: string, packet: Packet, timeoutMs = stepTimeoutMs): Promise<Packet> => {
    const answer = await channel.request(kind, packet, { timeoutMs, signal });
    onProgress();
    return answer;
  };
  const next = await sendList(request, statement);
  await sendContributions(request, statement, evidence, next);
  return fetchPart(request, statement);
}

type Request = (kind: string, packet: Packet, timeoutMs?: number) => Promise<Packet>;

/** @returns the first contribution that the keyholder wants */
async function sendList(request: Request, { round, group, contributors, bytes, list, signature }: Statement): Promise<number> {
  for (let offset = 0; ; ) {
    const header = { round, group, contributors, list, signature, total: bytes.length, offset };
    const answer = await request("open", { header, payload: bytes.subarray(offset, offset + maxPayloadBytes) });
    const { received, next } = parse("open", answer);
    if (received <= offset || received > bytes.length || next > contributors) {
      throw new CofactorError("DECRYPT_FAILED", "the keyholder counts the list otherwise than it was sent");
    }
    if (received === bytes.length) return next;
    offset = received;
  }
}

async function sendContributions(request: Request, statement: Statement, evidence: Evidence, next: number): Promise<void> {
  const chunks = chunksOf(statement, evidence, next);
  let hasFailed = false;
  // The generator serves its askers in their order, and each sends what it was given as soon as it has it: chunks leave in their order.
  const sendOn = async (): Promise<void> => {
    while (!hasFailed) {
      try {
        const chunk = await chunks.next();
        if (chunk.done === true) return;
        const { header, payload } = chunk.value;
        const { received } = parse("contribution", await request("contribution", chunk.value));
        if (received !== header.offset + payload.length) {
          throw new CofactorError("DECRYPT_FAILED", "the keyholder counts a contribution otherwise than it was sent");
        }
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: chunksInFlight }, sendOn));
}

interface Chunk {
  readonly header: RequestHeader<"contribution">;
  readonly payload: Uint8Array;
}

/** The chunks of all contributions from one on; each contribution is read when its first chunk is due. */
async function* chunksOf({ round, list, contributors }: Statement, evidence: Evidence, first: number): AsyncGenerator<Chunk, void, void> {
  for (let index = first; index < contributors; index++) {
    const bytes = await evidence.contribution(index);
    for (let offset = 0; offset < bytes.length; offset += maxPayloadBytes) {
      const header = { round, list, index, offset, total: bytes.length };
      yield { header, payload: bytes.subarray(offset, offset + maxPayloadBytes) };
    }
  }
}

async function fetchPart(request: Request, { round, list }: Statement): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let expected: number | undefined;
  for (let received = 0; ; ) {
    const answer = await request("opened", { header: { round, list, offset: received }, payload: noBytes }, openingTimeoutMs);
    const { total } = parse("opened", answer);
    received += answer.payload.length;
    if (total > maxPartBytes || answer.payload.length === 0 || received > total || total !== (expected ?? total)) {
      throw new CofactorError("DECRYPT_FAILED", "the keyholder's part is not of the length that it states");
    }
    expected = total;
    chunks.push(answer.payload);
    if (received === total) return concatenate(...chunks);
  }
}

/** A keyholder that answers in another form is at fault, not a peer to be refused. */
function parse<K extends "open" | "contribution" | "opened">(kind: K, answer: Packet): ReturnType<typeof parseAnswer<K>> {
  try {
    return parseAnswer(kind, answer.header);
  } catch (cause) {
    throw new CofactorError("DECRYPT_FAILED", `the keyholder's answer to "${kind}" is malformed`, { cause });
  }
}
