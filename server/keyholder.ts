/**
 * A keyholder: the process that alone can open sums. It opens one sum for each round of a run, and only when the aggregator
 * states enough contributors; what it opened it has recorded before the answer leaves. Imports shared.
 *
 * Not protected yet: it trusts the stated number of contributors; a lying aggregator could send one device's ciphertexts as
 * "the sum". It would learn one contribution a round that way.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { digestOf } from "../shared/crypto/hash.ts";
import { type Identity, sign, verifyText } from "../shared/crypto/identity.ts";
import type { Awaitable } from "../shared/crypto/primitives.ts";
import { CofactorError } from "../shared/errors.ts";
import type { KeyholderFactory } from "../shared/protections/protection.ts";
import { defineRun, type Run, roundFrame } from "../shared/run.ts";
import { type Channel, type Connector, type Header, maxPayloadBytes, noBytes, type Packet } from "../shared/transport.ts";
import { parseAnswer, parseRequest, protocolVersion, type RequestHeader } from "../shared/wire/messages.ts";
import { joinBytes } from "../shared/wire/signed.ts";

/** Which sum was opened for which round: written before an answer leaves. */
export interface OpenedRecord {
  /** Digest of the sum opened for a round, when there was one. */
  opened(run: string, round: number): string | undefined;
  record(run: string, round: number, digest: string): void;
}

/** A record in memory, for tests. */
export function memoryRecord(): OpenedRecord {
  const rounds = new Map<string, string>();
  return {
    opened: (run, round) => rounds.get(`${run} ${round}`),
    record: (run, round, digest) => void rounds.set(`${run} ${round}`, digest),
  };
}

/** A record in a file of JSON lines, replaced whole at each round. @throws CofactorError STORE_FAILED when the file is damaged */
export function fileRecord(path: string): OpenedRecord {
  const rounds = new Map<string, string>();
  if (existsSync(path)) {
    for (const line of readFileSync(path, "utf8").split("\n")) {
      if (line === "") continue;
      try {
        const [run, round, digest] = JSON.parse(line) as [string, number, string];
        rounds.set(`${run} ${round}`, digest);
      } catch (cause) {
        throw new CofactorError("STORE_FAILED", "the keyholder's record is damaged: without it a round could be opened twice", { cause });
      }
    }
  }
  return {
    opened: (run, round) => rounds.get(`${run} ${round}`),
    record(run, round, digest) {
      rounds.set(`${run} ${round}`, digest);
      const lines = [...rounds].map(([key, value]) =>
        JSON.stringify([key.slice(0, key.lastIndexOf(" ")), Number(key.slice(key.lastIndexOf(" ") + 1)), value]),
      );
      writeFileSync(`${path}.tmp`, `${lines.join("\n")}\n`, { flush: true, mode: 0o600 });
      renameSync(`${path}.tmp`, path);
      const folder = openSync(dirname(path), "r");
      fsyncSync(folder);
      closeSync(folder);
    },
  };
}

/** What a keyholder works with. */
export interface KeyholderParts {
  readonly connect: Connector;
  readonly run: string;
  readonly identity: Identity;
  /** Makes what opens this keyholder's part of sums, for terms that the server signed. */
  readonly createKeyholder: (run: Run) => Awaitable<KeyholderFactory>;
  readonly record: OpenedRecord;
  /** Public key of the server, when known; else the first one seen is taken. */
  readonly serverKey?: string;
}

/**
 * Joins a server as a keyholder and opens sums until the connection ends.
 * @returns the channel, and the run whose sums are opened
 * @throws CofactorError AUTH_FAILED when the server's signature or key is not the expected one, TERMS_REFUSED for terms without this keyholder
 */
export async function serveKeyholder(parts: KeyholderParts): Promise<{ readonly channel: Channel; readonly run: Run }> {
  const channel = await parts.connect();
  try {
    return { channel, run: await joinAsKeyholder(parts, channel) };
  } catch (error) {
    channel.close("could not join");
    throw error;
  }
}

async function joinAsKeyholder(parts: KeyholderParts, channel: Channel): Promise<Run> {
  const hello = parseAnswer(
    "hello",
    (await channel.request("hello", { header: { protocol: protocolVersion, run: parts.run }, payload: noBytes })).header,
  );
  if (parts.serverKey !== undefined && hello.serverKey !== parts.serverKey)
    throw new CofactorError("AUTH_FAILED", "another server key than expected");
  const termsBytes = toUtf8(hello.terms);
  if (!verifyText(hello.serverKey, "terms", termsBytes, hello.termsSignature)) {
    throw new CofactorError("AUTH_FAILED", "the terms are not signed by the server's key");
  }
  const run = parseSignedTerms(hello.terms);
  if (run.terms.id !== parts.run) throw new CofactorError("TERMS_REFUSED", `expected terms of run "${parts.run}", got those of another`);
  const named = run.terms.protection["keyholders"];
  if (!Array.isArray(named) || !named.includes(parts.identity.id)) {
    throw new CofactorError("TERMS_REFUSED", `the terms of run "${parts.run}" do not name this keyholder's key`);
  }
  const desk = new OpeningDesk(run, await parts.createKeyholder(run), parts.record);
  channel.serve((kind, packet) => desk.handle(kind, packet));
  const signed = joinBytes(hello.challenge, parts.run, "keyholder", hello.serverKey, run.digest);
  const proof = toBase64url(sign(parts.identity, "join", signed));
  await channel.request("join", { header: { role: "keyholder", publicKey: parts.identity.id, proof }, payload: noBytes });
  return run;
}

function parseSignedTerms(text: string): Run {
  try {
    return defineRun(JSON.parse(text));
  } catch (cause) {
    throw new CofactorError("TERMS_REFUSED", "the terms are none that this version knows", { cause });
  }
}

/** Takes sums in chunks and hands out what they hold. */
class OpeningDesk {
  readonly #run: Run;
  readonly #create: KeyholderFactory;
  readonly #record: OpenedRecord;
  #incoming: { digest: string; round: number; buffer: Uint8Array; received: number } | undefined;
  #opened: { digest: string; round: number; bytes: Uint8Array } | undefined;

  constructor(run: Run, create: KeyholderFactory, record: OpenedRecord) {
    this.#run = run;
    this.#create = create;
    this.#record = record;
  }

  async handle(kind: string, packet: Packet): Promise<Packet> {
    if (kind === "open") return this.#open(parseRequest("open", packet.header), packet.payload);
    if (kind === "opened") return this.#hand(parseRequest("opened", packet.header));
    throw new CofactorError("MESSAGE_MALFORMED", 'a keyholder expected "open" or "opened"');
  }

  async #open(header: RequestHeader<"open">, chunk: Uint8Array): Promise<Packet> {
    this.#assertMayOpen(header);
    if (header.offset === 0)
      this.#incoming = { digest: header.digest, round: header.round, buffer: new Uint8Array(header.total), received: 0 };
    const incoming = this.#incoming;
    const fits =
      incoming !== undefined && incoming.digest === header.digest && incoming.round === header.round && incoming.received === header.offset;
    if (!fits || header.offset + chunk.length > incoming.buffer.length || incoming.buffer.length !== header.total || chunk.length === 0) {
      throw new CofactorError("MESSAGE_MALFORMED", '"open" expected the chunks of one sum in order');
    }
    incoming.buffer.set(chunk, header.offset);
    incoming.received += chunk.length;
    if (incoming.received === header.total) await this.#complete(header, incoming.buffer);
    return { header: { received: incoming.received }, payload: noBytes };
  }

  #assertMayOpen(header: RequestHeader<"open">): void {
    const { min, size } = this.#run.terms.cohort;
    if (header.contributors < min || header.contributors > size) {
      throw new CofactorError("COHORT_TOO_SMALL", `a sum expected ${min} to ${size} contributors, got ${header.contributors}`);
    }
    const limit = this.#run.protection.maxAnswerBytes(this.#run.protection.contributionStage, roundFrame(this.#run, header.round));
    if (header.total > limit) throw new CofactorError("MESSAGE_TOO_LARGE", `a sum expected at most ${limit} bytes, got ${header.total}`);
    const before = this.#record.opened(this.#run.terms.id, header.round);
    if (before !== undefined && before !== header.digest)
      throw new CofactorError("REPLAYED", `another sum was opened for round ${header.round}`);
  }

  async #complete(header: RequestHeader<"open">, sum: Uint8Array): Promise<void> {
    this.#incoming = undefined;
    if ((await digestOf(sum)) !== header.digest) throw new CofactorError("MESSAGE_MALFORMED", '"digest" expected the sha256 of the sum');
    // Checked again: another chunk may have been handled while the digest was made.
    this.#assertMayOpen(header);
    // A sum has the form of an answer. One that is malformed must not use up its round's number.
    const half = this.#create(roundFrame(this.#run, header.round));
    half.combine(sum);
    this.#record.record(this.#run.terms.id, header.round, header.digest);
    const bytes = await half.open();
    this.#opened = { digest: header.digest, round: header.round, bytes };
  }

  #hand(header: RequestHeader<"opened">): Packet {
    const opened = this.#opened;
    if (opened === undefined || opened.digest !== header.digest || opened.round !== header.round || header.offset >= opened.bytes.length) {
      throw new CofactorError("MESSAGE_MALFORMED", '"opened" expected the sum that was sent last');
    }
    const answer: Header = { total: opened.bytes.length };
    return { header: answer, payload: opened.bytes.subarray(header.offset, header.offset + maxPayloadBytes) };
  }
}
