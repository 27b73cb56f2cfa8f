/** A device that speaks the protocol message by message, so that a test can say anything, also what no real client would. */
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity, type Identity, sign } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import { termsDigest } from "../../shared/terms.ts";
import { type Channel, type Connector, type Header, maxPayloadBytes, noBytes, type Packet } from "../../shared/transport.ts";
import { type AnswerHeader, parseAnswer, parseRequest, protocolVersion, type RequestHeader } from "../../shared/wire/messages.ts";
import { answerBytes, joinBytes } from "../../shared/wire/signed.ts";

/** What a test may say otherwise than a real client would. */
export interface AnswerChanges {
  readonly round?: number;
  readonly stage?: number;
  readonly digest?: string;
  readonly total?: number;
  readonly offset?: number;
  /** Signs with this identity instead. */
  readonly signer?: Identity;
}

/** A connected device under a test's control. */
export class ScriptedClient {
  readonly channel: Channel;
  readonly identity: Identity;
  readonly run: string;
  readonly asked: RequestHeader<"ask">[] = [];
  readonly published: RequestHeader<"published">[] = [];
  readonly abandoned: RequestHeader<"abandoned">[] = [];
  readonly closing: RequestHeader<"closing">[] = [];
  /** What it answers when asked: takes part unless told otherwise. */
  takesPart = true;
  /** The start of each invitation's brief, which is all of a short one. */
  readonly briefs: Uint8Array[] = [];
  #onAsk: ((header: RequestHeader<"ask">, brief: Uint8Array) => void) | undefined;
  #wake: (() => void)[] = [];
  /** Digest of the terms that the last hello brought. */
  #terms = "";

  constructor(channel: Channel, run: string, identity: Identity = createIdentity(secureRng)) {
    this.channel = channel;
    this.run = run;
    this.identity = identity;
    channel.onClose(() => this.#notify());
    channel.serve((kind, packet) => this.#handle(kind, packet));
  }

  /** Connects and joins. */
  static async join(connect: Connector, run: string, identity?: Identity): Promise<ScriptedClient> {
    const client = new ScriptedClient(await connect(), run, identity);
    await client.join();
    return client;
  }

  /** Called with each invitation, those that came already too. */
  set onAsk(listener: (header: RequestHeader<"ask">, brief: Uint8Array) => void) {
    this.#onAsk = listener;
    for (const [at, header] of this.asked.entries()) listener(header, this.briefs[at]!);
  }

  /** Any request. */
  async say(kind: string, header: Header, payload: Uint8Array = noBytes): Promise<Packet> {
    return this.channel.request(kind, { header, payload });
  }

  async hello(): Promise<AnswerHeader<"hello">> {
    const hello = parseAnswer("hello", (await this.say("hello", { protocol: protocolVersion, run: this.run })).header);
    this.#terms = termsDigest(hello.terms);
    return hello;
  }

  /** The proof of a join for a hello's answer. */
  async proofFor(hello: AnswerHeader<"hello">, role: "client" | "keyholder" = "client"): Promise<string> {
    const terms = termsDigest(hello.terms);
    return toBase64url(sign(this.identity, "join", joinBytes(hello.challenge, this.run, role, hello.serverKey, terms)));
  }

  async join(role: "client" | "keyholder" = "client", invitation?: string): Promise<AnswerHeader<"join">> {
    const hello = await this.hello();
    const shown = invitation === undefined ? {} : { invitation };
    const header = { role, publicKey: this.identity.id, proof: await this.proofFor(hello, role), ...shown };
    return parseAnswer("join", (await this.say("join", header)).header);
  }

  /** Sends an answer whole, or one chunk of it when `offset` is changed. */
  async answer(round: number, bytes: Uint8Array, changes: AnswerChanges = {}): Promise<AnswerHeader<"answer">> {
    const digest = changes.digest ?? (await digestOf(bytes));
    const stage = changes.stage ?? 0;
    const sent = changes.round ?? round;
    const signature = toBase64url(sign(changes.signer ?? this.identity, "answer", answerBytes(this.#terms, sent, stage, digest)));
    let reply: AnswerHeader<"answer"> | undefined;
    for (let offset = changes.offset ?? 0; offset < bytes.length; offset += maxPayloadBytes) {
      const header = { round: sent, stage, digest, signature, total: changes.total ?? bytes.length, offset };
      reply = parseAnswer("answer", (await this.say("answer", header, bytes.subarray(offset, offset + maxPayloadBytes))).header);
    }
    return reply!;
  }

  /** Waits until a condition holds; fails when the connection has ended. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (!this.channel.isOpen) throw new Error("the connection ended while the test waited");
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  /** Waits for the invitation to a round. */
  async invitation(round?: number): Promise<RequestHeader<"ask">> {
    const find = (): RequestHeader<"ask"> | undefined => this.asked.find((header) => round === undefined || header.round === round);
    await this.until(() => find() !== undefined);
    return find()!;
  }

  async #handle(kind: string, packet: Packet): Promise<Packet> {
    if (kind === "ask") {
      const header = parseRequest("ask", packet.header);
      const brief = packet.payload.slice();
      this.asked.push(header);
      this.briefs.push(brief);
      this.#onAsk?.(header, brief);
    } else if (kind === "published") this.published.push(parseRequest("published", packet.header));
    else if (kind === "closing") this.closing.push(parseRequest("closing", packet.header));
    else this.abandoned.push(parseRequest("abandoned", packet.header));
    this.#notify();
    return { header: kind === "ask" ? { takesPart: this.takesPart } : {}, payload: noBytes };
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** Values as the `open` protection sends them. */
export function floatBytes(values: Float64Array): Uint8Array {
  return new Uint8Array(values.buffer.slice(values.byteOffset, values.byteOffset + values.byteLength));
}
