/** A device's connection: hello, the check of terms, join; and what can be asked over it. Imports shared, consent, vault. */
import type { Clock } from "../shared/clock.ts";
import { toBase64url } from "../shared/crypto/encoding.ts";
import { digestOf } from "../shared/crypto/hash.ts";
import { type Identity, sign } from "../shared/crypto/identity.ts";
import type { Primitives } from "../shared/crypto/primitives.ts";
import { CofactorError } from "../shared/errors.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import { type Channel, type Connector, maxPayloadBytes, noBytes } from "../shared/transport.ts";
import {
  type AnswerHeader,
  type MessageKind,
  type ModelRef,
  parseAnswer,
  protocolVersion,
  type RequestHeader,
} from "../shared/wire/messages.ts";
import { applyDelta, bytesPerValue, decodeModel } from "../shared/wire/model-codec.ts";
import { answerBytes, joinBytes } from "../shared/wire/signed.ts";
import { type Acceptance, checkTerms } from "./consent.ts";
import { patientChannel, waitAfter } from "./patience.ts";
import type { PendingAnswer, Vault } from "./vault.ts";

/** Chunks of an answer that may be on their way unacknowledged. */
const uploadWindow = 4;

/** What a session needs. */
export interface SessionOptions {
  readonly connect: Connector;
  readonly run: string;
  readonly accept: Acceptance;
  readonly identity: Identity;
  readonly vault: Vault;
  /** What signs answers; by default tweetnacl. */
  readonly primitives?: Primitives | undefined;
  /** Shown with the join, where the run is by invitation. */
  readonly invitation?: string | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** A joined connection. */
export interface Session {
  readonly channel: Channel;
  readonly run: Run;
  /** The device's name in the run. */
  readonly client: string;
  readonly joined: AnswerHeader<"join">;
  /** The bytes of a published model, checked against its hash; as a difference where the device has an older one. */
  pull(model: ModelRef): Promise<Uint8Array>;
  /** The whole brief of an invitation, of which `start` came with it. @throws CofactorError UPDATE_REJECTED for one beyond the protection's limit */
  brief(header: RequestHeader<"ask">, start: Uint8Array): Promise<Uint8Array>;
  /** Sends an answer from `offset` on. @returns what became of it */
  upload(answer: PendingAnswer, offset: number): Promise<"accepted" | "duplicate">;
  leave(): Promise<void>;
}

/**
 * Connects, checks the signed terms against what the user accepts, and joins.
 * @throws CofactorError DISCONNECTED, TIMED_OUT, AUTH_FAILED, TERMS_REFUSED, MESSAGE_MALFORMED, CONFIG_INVALID
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { identity, vault, invitation, clock, signal } = options;
  const bare = await options.connect(signal === undefined ? {} : { signal });
  const channel = patientChannel(bare, clock);
  const cancel = (): void => channel.close("cancelled by the caller");
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const hello = await ask(channel, "hello", { protocol: protocolVersion, run: options.run });
    const pinned = await vault.pin();
    const { run, pin } = await checkTerms(options.run, hello, options.accept, pinned);
    if (pinned?.serverKey !== pin.serverKey || pinned.termsDigest !== pin.termsDigest) await vault.savePin(pin);
    const signed = joinBytes(hello.challenge, options.run, "client", hello.serverKey, pin.termsDigest);
    const proof = toBase64url(sign(identity, "join", signed));
    const joined = await ask(channel, "join", {
      role: "client",
      publicKey: identity.id,
      proof,
      ...(invitation === undefined ? {} : { invitation }),
    });
    return {
      channel,
      run,
      client: identity.id,
      joined,
      brief: (header, start) => pullBrief(channel, run, header, start),
      pull: (model) => pullModel(channel, vault, run, model),
      upload: (answer, offset) => upload(bare, options, run, answer, offset),
      leave: async () => void (await ask(channel, "leave", {})),
    };
  } catch (error) {
    channel.close("could not join");
    throw error;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

async function ask<K extends MessageKind>(channel: Channel, kind: K, header: RequestHeader<K>): Promise<AnswerHeader<K>> {
  return parseAnswer(kind, (await channel.request(kind, { header: { ...header }, payload: noBytes })).header);
}

async function pullModel(channel: Channel, vault: Vault, run: Run, model: ModelRef): Promise<Uint8Array> {
  const expected = run.sharedSize * bytesPerValue(run.terms.precision);
  if (model.bytes !== expected) throw new CofactorError("SHAPE_MISMATCH", `"model" expected ${expected} bytes, got ${model.bytes}`);
  const stored = await vault.model();
  const known = stored !== undefined && (await digestOf(stored.bytes)) === stored.sha256 ? stored : undefined;
  if (known?.sha256 === model.sha256) return known.bytes;
  let { bytes, encoding } = await pullPieces(channel, model, known?.sha256, expected);
  if (encoding === "delta" && known !== undefined) {
    const patched = await applyDelta(known.bytes, bytes, run.terms.precision).catch(() => noBytes);
    // A difference that does not fit what this device has is no reason to fail: the whole model is.
    bytes = (await digestOf(patched)) === model.sha256 ? patched : (await pullPieces(channel, model, undefined, expected)).bytes;
  }
  if ((await digestOf(bytes)) !== model.sha256)
    throw new CofactorError("MESSAGE_MALFORMED", "the model that came has another hash than the one announced");
  // Checked before it is kept: a model that cannot be used must not become the base of the next.
  decodeModel(bytes, run.sharedSize, run.terms.precision);
  await vault.saveModel(model.sha256, bytes);
  return bytes;
}

async function pullBrief(channel: Channel, run: Run, header: RequestHeader<"ask">, start: Uint8Array): Promise<Uint8Array> {
  const { round, stage, briefBytes } = header;
  const { protection } = run;
  if (stage >= protection.stages.length) throw new CofactorError("UPDATE_REJECTED", `${protection.kind} has no stage ${stage}`);
  const limit = protection.maxBriefBytes(stage, roundFrame(run, round));
  if (briefBytes > limit || start.length > briefBytes) {
    throw new CofactorError("UPDATE_REJECTED", `the brief of stage ${stage} expected at most ${limit} bytes, got ${briefBytes}`);
  }
  if (start.length === briefBytes) return start;
  const brief = new Uint8Array(briefBytes);
  brief.set(start);
  for (let offset = start.length; offset < briefBytes; ) {
    const { payload } = await channel.request("brief", { header: { round, stage, offset }, payload: noBytes });
    if (payload.length === 0 || offset + payload.length > briefBytes) {
      throw new CofactorError("MESSAGE_MALFORMED", `the pieces of a brief expected ${briefBytes} bytes in all`);
    }
    brief.set(payload, offset);
    offset += payload.length;
  }
  return brief;
}

async function pullPieces(
  channel: Channel,
  model: ModelRef,
  base: string | undefined,
  limit: number,
): Promise<{ bytes: Uint8Array; encoding: "full" | "delta" }> {
  let buffer = noBytes;
  for (let offset = 0; ; ) {
    const request = { sha256: model.sha256, ...(base === undefined ? {} : { base }), offset };
    const answer = await channel.request("pull", { header: request, payload: noBytes });
    const { total, encoding } = parseAnswer("pull", answer.header);
    if (total > limit || offset + answer.payload.length > total || answer.payload.length === 0) {
      throw new CofactorError("MESSAGE_MALFORMED", `a model expected pieces of at most ${limit} bytes in all`);
    }
    if (offset === 0) buffer = new Uint8Array(total);
    if (buffer.length !== total) throw new CofactorError("MESSAGE_MALFORMED", "the pieces of a model expected one total");
    buffer.set(answer.payload, offset);
    offset += answer.payload.length;
    if (offset === total) return { bytes: buffer, encoding };
  }
}

async function upload(
  channel: Channel,
  { identity, primitives, clock }: SessionOptions,
  run: Run,
  answer: PendingAnswer,
  from: number,
): Promise<"accepted" | "duplicate"> {
  const { round, stage, digest, bytes } = answer;
  const signature = toBase64url(await (primitives?.sign ?? sign)(identity, "answer", answerBytes(run.digest, round, stage, digest)));
  const send = async (offset: number): Promise<AnswerHeader<"answer">> => {
    const header = { round, stage, digest, signature, total: bytes.length, offset };
    const payload = bytes.subarray(offset, offset + maxPayloadBytes);
    const reply = parseAnswer("answer", (await channel.request("answer", { header, payload }, { timeoutMs: 60_000 })).header);
    if (reply.status === "partial" && (reply.received < offset + payload.length || reply.received >= bytes.length)) {
      throw new CofactorError(
        "MESSAGE_MALFORMED",
        `an acknowledgement expected ${offset + payload.length} bytes or more, got ${reply.received}`,
      );
    }
    return reply;
  };
  // The last chunk is sent again when all bytes are there already but the acknowledgement was lost.
  let offset = Math.min(from, Math.max(0, bytes.length - 1));
  let known = offset;
  const inFlight: Promise<AnswerHeader<"answer">>[] = [];
  while (offset < bytes.length || inFlight.length > 0) {
    while (offset < bytes.length && inFlight.length < uploadWindow) {
      const sending = send(offset);
      // A failure is seen when its turn comes; until then it must not count as unhandled.
      sending.catch(() => undefined);
      inFlight.push(sending);
      offset += maxPayloadBytes;
    }
    try {
      const { status, received } = await inFlight.shift()!;
      if (status !== "partial") return status;
      known = Math.max(known, received);
    } catch (error) {
      // Whatever is behind the refused chunk is refused too: all of it goes out again, from there.
      await Promise.allSettled(inFlight.splice(0));
      if (!(await waitAfter(error, channel, clock))) throw error;
      offset = known;
    }
  }
  throw new CofactorError("MESSAGE_MALFORMED", `the server acknowledged all ${bytes.length} bytes of an answer and did not take it`);
}
