/** An aggregator that can lie: it speaks the protocol from a script, over memory pairs, and keeps what devices send. */
import { toBase64url, toUtf8 } from "../../shared/crypto/encoding.ts";
import { digestOf } from "../../shared/crypto/hash.ts";
import { createIdentity, type Identity, sign, verifyText } from "../../shared/crypto/identity.ts";
import { defineRun } from "../../shared/define-run.ts";
import { privacySupport } from "../../shared/privacy/support.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import { canonicalJson, termsDigest } from "../../shared/terms.ts";
import { type Channel, type Connector, createMemoryPair, maxPayloadBytes, noBytes, type Packet } from "../../shared/transport.ts";
import { type AnswerHeader, type ModelRef, protocolVersion, type RequestHeader } from "../../shared/wire/messages.ts";
import { encodeModel } from "../../shared/wire/model-codec.ts";
import { answerBytes, joinBytes } from "../../shared/wire/signed.ts";

/** A chunk as it came. */
export type Taken = RequestHeader<"answer"> & { readonly bytes: Uint8Array };

/** A scripted aggregator. What it answers may be replaced field by field. */
export class FakeServer {
  readonly run: Run;
  identity: Identity = createIdentity(secureRng);
  termsText: string;
  readonly models: Map<string, Uint8Array> = new Map<string, Uint8Array>();
  readonly taken: Taken[] = [];
  channel: Channel | undefined;
  joins = 0;
  /** The last device that joined. */
  client = "";
  newest!: ModelRef;
  onPull: (header: RequestHeader<"pull">) => { header: AnswerHeader<"pull">; payload: Uint8Array } = (header) => this.#piece(header);
  onAnswer: (header: RequestHeader<"answer">, bytes: Uint8Array) => AnswerHeader<"answer"> = (header, bytes) => {
    const received = header.offset + bytes.length;
    return { received, status: received === header.total ? "accepted" : "partial" };
  };
  changeHello: (hello: AnswerHeader<"hello">) => AnswerHeader<"hello"> = (hello) => hello;

  constructor(terms: object) {
    this.run = defineRun(terms, { privacy: privacySupport });
    this.termsText = canonicalJson(this.run.terms);
  }

  /** Makes and keeps the model of a round. */
  async publish(seed: number, round: number): Promise<ModelRef> {
    const { shared } = this.run.model.initialize(createRng(seed));
    const bytes = encodeModel(shared, this.run.terms.precision);
    const ref = { sha256: await digestOf(bytes), bytes: bytes.length, round };
    this.models.set(ref.sha256, bytes);
    this.newest = ref;
    return ref;
  }

  readonly connect: Connector = async () => {
    const [device, own] = createMemoryPair();
    let challenge = "";
    own.serve(async (kind, { header, payload }): Promise<Packet> => {
      switch (kind) {
        case "hello": {
          challenge = toBase64url(secureRng.bytes(32));
          const termsSignature = toBase64url(sign(this.identity, "terms", toUtf8(this.termsText)));
          const hello = { protocol: protocolVersion, terms: this.termsText, termsSignature, serverKey: this.identity.id, challenge };
          return { header: { ...this.changeHello(hello) }, payload: noBytes };
        }
        case "join": {
          const { publicKey, proof } = header as RequestHeader<"join">;
          const signed = joinBytes(challenge, this.run.terms.id, "client", this.identity.id, termsDigest(this.termsText));
          if (!verifyText(publicKey, "join", signed, proof)) throw new Error("a device must prove its identity");
          this.client = publicKey;
          this.channel = own;
          this.joins += 1;
          return { header: { model: this.newest, isNew: true, ended: false }, payload: noBytes };
        }
        case "pull": {
          const piece = this.onPull(header as RequestHeader<"pull">);
          return { header: { ...piece.header }, payload: piece.payload };
        }
        case "answer": {
          const request = header as RequestHeader<"answer">;
          const signed = answerBytes(this.run.digest, request.round, request.stage, request.digest);
          if (!verifyText(this.client, "answer", signed, request.signature)) throw new Error("an answer must be signed");
          this.taken.push({ ...request, bytes: payload.slice() });
          return { header: { ...this.onAnswer(request, payload) }, payload: noBytes };
        }
        default:
          return { header: {}, payload: noBytes };
      }
    });
    return device;
  };

  async ask(
    round: number,
    model: ModelRef,
    more: { readonly stage?: number; readonly received?: number; readonly brief?: Uint8Array } = {},
  ): Promise<AnswerHeader<"ask">> {
    const payload = more.brief ?? noBytes;
    const header = { round, stage: more.stage ?? 0, model, deadlineMs: 20_000, briefBytes: payload.length, received: more.received ?? 0 };
    return (await this.channel!.request("ask", { header, payload })).header as AnswerHeader<"ask">;
  }

  async announce(round: number, model: ModelRef, included: boolean, ended = false): Promise<void> {
    await this.channel!.request("published", { header: { round, model, accepted: 2, included, ended }, payload: noBytes });
  }

  async abandon(round: number): Promise<void> {
    await this.channel!.request("abandoned", { header: { round, reason: "nobody came" }, payload: noBytes });
  }

  #piece(header: RequestHeader<"pull">): { header: AnswerHeader<"pull">; payload: Uint8Array } {
    const bytes = this.models.get(header.sha256)!;
    return { header: { encoding: "full", total: bytes.length }, payload: bytes.subarray(header.offset, header.offset + maxPayloadBytes) };
  }
}
