/** An aggregator under a test's control: it says whatever the test wants to a keyholder, over memory pairs or real sockets. */
import { createHash } from "node:crypto";
import { socketConnector } from "../../client/socket.ts";
import { type Contributor, encodeContributors } from "../../server/contributor-list.ts";
import { type KeyholderEvent, type KeyholderParts, type KeyholderRecord, memoryRecord } from "../../server/index.ts";
import { listen } from "../../server/socket.ts";
import { toBase64url, toUtf8 } from "../../shared/crypto/encoding.ts";
import { createIdentity, type Identity, sign } from "../../shared/crypto/identity.ts";
import { secureRng } from "../../shared/random.ts";
import type { Run } from "../../shared/run.ts";
import { canonicalJson } from "../../shared/terms.ts";
import { type Channel, type Connector, createMemoryPair, type Header, noBytes } from "../../shared/transport.ts";
import { openBytes } from "../../shared/wire/signed.ts";
import { keyholderOf, type Sealed } from "./sealed-run.ts";

/** How a test changes what is sent. */
export interface ListChanges {
  readonly header?: Header;
  readonly bytes?: Uint8Array;
  /** Signs the list in the server's place. */
  readonly signer?: Identity;
  /** The group of the cohort that the list is said to be of; the first by default. */
  readonly group?: number;
  /** Digest of the terms that the signature covers. */
  readonly terms?: string;
}

/** The aggregator. */
export class LyingServer {
  identity: Identity = createIdentity(secureRng);
  run: Run;
  /** Signs the terms; the server itself unless told otherwise. */
  termsSigner: Identity | undefined;
  #channel: Channel | undefined;

  constructor(run: Run) {
    this.run = run;
  }

  /** A way for keyholders to connect; `onClose` is told what ends it. */
  async reach(over: "memory" | "socket", onClose: (close: () => unknown) => void): Promise<Connector> {
    if (over === "memory") {
      return async () => {
        const [near, far] = createMemoryPair();
        onClose(() => far.close());
        this.#serve(far);
        return near;
      };
    }
    const ignore = (): void => undefined;
    const onChannel = (far: Channel, admit: () => void): void => {
      admit();
      this.#serve(far);
    };
    const listener = await listen({ port: 0 }, { pages: (_request, response) => response.end(), onChannel, onRefused: ignore });
    onClose(() => listener.close());
    return socketConnector(listener.url);
  }

  #serve(far: Channel): void {
    this.#channel = far;
    const text = canonicalJson(this.run.terms);
    far.serve((kind) => {
      const model = { sha256: "A".repeat(43), bytes: 1, round: 0 };
      if (kind !== "hello") return { header: { model, isNew: false, ended: false }, payload: noBytes };
      const termsSignature = toBase64url(sign(this.termsSigner ?? this.identity, "terms", toUtf8(text)));
      return {
        header: { protocol: 1, terms: text, termsSignature, serverKey: this.identity.id, challenge: "A".repeat(43) },
        payload: noBytes,
      };
    });
  }

  /** Any request to the keyholder. */
  async say(
    kind: string,
    header: Header,
    payload: Uint8Array = noBytes,
  ): Promise<{ readonly header: Header; readonly payload: Uint8Array }> {
    return this.#channel!.request(kind, { header, payload });
  }

  /** Digest of the list of these contributors. */
  listOf(contributors: readonly Contributor[]): string {
    return createHash("sha256").update(encodeContributors(contributors)).digest("base64url");
  }

  /** Sends a list in one chunk. */
  async sendList(round: number, contributors: readonly Contributor[], changes: ListChanges = {}): Promise<Header> {
    const bytes = changes.bytes ?? encodeContributors(contributors);
    const list = createHash("sha256").update(bytes).digest("base64url");
    const group = changes.group ?? 0;
    const signed = openBytes(changes.terms ?? this.run.digest, round, group, list);
    const signature = toBase64url(sign(changes.signer ?? this.identity, "open", signed));
    const header = { round, group, contributors: contributors.length, list, signature, total: bytes.length, offset: 0, ...changes.header };
    return (await this.say("open", header, bytes)).header;
  }

  /** Sends one contribution of a list in one chunk. */
  async sendContribution(round: number, contributors: readonly Sealed[], index: number, changes: ListChanges = {}): Promise<Header> {
    const payload = changes.bytes ?? contributors[index]!.bytes;
    const header = { round, list: this.listOf(contributors), index, offset: 0, total: payload.length, ...changes.header };
    return (await this.say("contribution", header, payload)).header;
  }

  /** Asks for the opened part. */
  async fetch(round: number, contributors: readonly Contributor[]): Promise<Uint8Array> {
    return (await this.say("opened", { round, list: this.listOf(contributors), offset: 0 })).payload;
  }

  /** The whole way, as an honest server goes it. */
  async open(round: number, contributors: readonly Sealed[], group = 0): Promise<Uint8Array> {
    const { next } = await this.sendList(round, contributors, { group });
    for (let index = Number(next); index < contributors.length; index++) await this.sendContribution(round, contributors, index);
    return this.fetch(round, contributors);
  }
}

/** A keyholder that has joined a lying server. */
export interface HostedKeyholder {
  readonly server: LyingServer;
  readonly record: KeyholderRecord;
  readonly events: readonly KeyholderEvent[];
}

/** Lets a keyholder join a server over a transport; `onClose` is told what ends it. */
export async function hostKeyholder(
  over: "memory" | "socket",
  server: LyingServer,
  holder: Identity,
  onClose: (close: () => unknown) => void,
  parts: Partial<KeyholderParts> = {},
): Promise<HostedKeyholder> {
  const record = parts.record ?? memoryRecord();
  const events: KeyholderEvent[] = [];
  const connect = await server.reach(over, onClose);
  await keyholderOf(connect, holder, { ...parts, record, onEvent: (event) => events.push(event) }).join();
  return { server, record, events };
}
