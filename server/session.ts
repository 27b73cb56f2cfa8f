/**
 * One connection, from the first message on: hello, join, then what its role may do. Everything is parsed before use; a bad
 * message is refused on this connection alone, counted, and changes nothing. Imports shared and the coordinator.
 */
import type { Clock } from "../shared/clock.ts";
import { toBase64url } from "../shared/crypto/encoding.ts";
import type { Emitter } from "../shared/emitter.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import { type Channel, type Header, noBytes, type Packet } from "../shared/transport.ts";
import {
  type AnswerHeader,
  isMessageKind,
  type JoinRole,
  type MessageKind,
  parseAnswer,
  parseRequest,
  protocolVersion,
  type RequestHeader,
} from "../shared/wire/messages.ts";
import { joinBytes } from "../shared/wire/signed.ts";
import type { PublishedCatalogues } from "./catalogues.ts";
import { Conduct } from "./conduct.ts";
import type { Attendee, Desk } from "./desk.ts";
import { type EnrolmentDesk, revoked } from "./enrolment/desk.ts";
import type { ServerEvents } from "./events.ts";
import type { Identities } from "./identities.ts";
import type { SessionLimits } from "./limits.ts";
import type { PublishedModels } from "./models.ts";
import type { Store } from "./store.ts";
import { verifySignature } from "./verify.ts";

/** What sessions share. */
export interface SessionParts {
  readonly run: Run;
  readonly store: Store;
  readonly secure: SecureRng;
  readonly desk: Desk;
  /** What serves those who join in another role than a client's; roles that are not here are refused. */
  readonly roles: Readonly<Partial<Record<JoinRole, RoleDesk>>>;
  readonly models: PublishedModels;
  readonly catalogues: PublishedCatalogues;
  readonly events: Emitter<ServerEvents>;
  readonly terms: { readonly text: string; readonly signature: string; readonly serverKey: string };
  readonly clock: Clock;
  /** False where clients are other servers' to serve. */
  readonly takesClients: boolean;
  readonly limits: SessionLimits;
  readonly identities: Identities;
  readonly enrolment: EnrolmentDesk;
  /** While the server drains: when whoever is not in the open round is told to come back. */
  drainingMs(): number | undefined;
}

/** Who serves those who join in a role of their own. */
export interface RoleDesk {
  /** Takes in a peer that has proved its key. @throws CofactorError AUTH_FAILED for one that is none of this role */
  add(publicKey: string, channel: Channel): void;
  /** Its connection ended. */
  remove(channel: Channel): void;
  /** What they sign as their role, where it is more than its name. */
  readonly signedRole?: string;
}

/** One connection, as logs name it, and what is to be called once it has joined. */
export interface Connection {
  readonly id: string;
  admit(): void;
}

/** Serves a channel until it ends. */
export function serveSession(parts: SessionParts, channel: Channel, connection: Connection): void {
  const session = new Session(parts, channel, connection);
  channel.serve((kind, packet) => session.handle(kind, packet));
  const cancelJoin = parts.clock.after(parts.limits.joinMs, () => {
    if (!session.hasJoined) channel.close("no join within the time for it");
  });
  channel.onClose(() => {
    cancelJoin();
    session.end();
  });
}

class Session implements Attendee {
  readonly #parts: SessionParts;
  readonly #channel: Channel;
  readonly #connection: Connection;
  readonly #conduct: Conduct;
  #challenge: string | undefined;
  #client: string | undefined;
  #role: RoleDesk | undefined;
  #isJoining = false;
  #requests = 0;

  constructor(parts: SessionParts, channel: Channel, connection: Connection) {
    this.#parts = parts;
    this.#channel = channel;
    this.#connection = connection;
    this.#conduct = new Conduct(parts.limits, parts.clock);
  }

  get hasJoined(): boolean {
    return this.#client !== undefined || this.#role !== undefined;
  }

  async handle(kind: string, packet: Packet): Promise<Packet> {
    const request = `${this.#connection.id}.${++this.#requests}`;
    let answered = 0;
    try {
      this.#conduct.begin(packet.payload.length);
      if (!isMessageKind(kind)) throw new CofactorError("MESSAGE_MALFORMED", "expected a known kind of message");
      const answer = await this.#dispatch(kind, packet);
      answered = answer.payload.length;
      return answer;
    } catch (error) {
      const code = isCofactorError(error) ? error.code : "INTERNAL";
      if (code === "INTERNAL") this.#parts.events.emit("internal", { error, request });
      this.#parts.events.emit("refused", { kind: isMessageKind(kind) ? kind : "unknown", code, request });
      // The refusal is still answered.
      if (this.#conduct.refuse(code)) setTimeout(() => this.#channel.close("too many refused messages"), 0);
      throw error;
    } finally {
      this.#conduct.end(answered);
    }
  }

  end(): void {
    this.#role?.remove(this.#channel);
    if (this.#client !== undefined) this.#parts.desk.disconnect(this.#client, this);
  }

  close(reason: string): void {
    this.#channel.close(reason);
  }

  async ask(header: RequestHeader<"ask">, brief: Uint8Array): Promise<AnswerHeader<"ask">> {
    const answer = await this.#channel.request("ask", { header: { ...header }, payload: brief, isLasting: true });
    return parseAnswer("ask", answer.header);
  }

  announce(kind: "published" | "abandoned", header: RequestHeader<"published"> | RequestHeader<"abandoned">): void {
    // A client that is gone learns of it when it comes back.
    this.#channel.request(kind, { header: { ...header }, payload: noBytes }).catch(() => undefined);
  }

  async #dispatch(kind: MessageKind, packet: Packet): Promise<Packet> {
    switch (kind) {
      case "hello":
        return this.#hello(parseRequest("hello", packet.header));
      case "join":
        return this.#join(parseRequest("join", packet.header));
      case "pull": {
        const header = parseRequest("pull", packet.header);
        this.#expectClient();
        const piece = await this.#parts.models.piece(header.sha256, header.base, header.offset);
        return { header: { encoding: piece.encoding, total: piece.total }, payload: piece.bytes, isLasting: true };
      }
      case "catalogue": {
        const header = parseRequest("catalogue", packet.header);
        this.#expectClient();
        const piece = await this.#parts.catalogues.piece(header);
        return { header: { ...piece.header }, payload: piece.bytes };
      }
      case "brief":
        return { header: {}, payload: await this.#parts.desk.brief(this.#expectClient(), parseRequest("brief", packet.header)) };
      case "answer": {
        const header = parseRequest("answer", packet.header);
        return reply({ ...(await this.#parts.desk.answer(this.#expectClient(), header, packet.payload)) });
      }
      case "leave": {
        parseRequest("leave", packet.header);
        const client = this.#expectClient();
        this.#parts.desk.leave(client);
        this.#client = undefined;
        await this.#parts.store.forget(this.#parts.run.terms.id, client);
        await this.#parts.enrolment.forget(this.#parts.run.terms.id, client);
        this.#parts.events.emit("left", { client });
        return reply({});
      }
      default:
        throw new CofactorError("MESSAGE_MALFORMED", `"${kind}" is not for a server to answer`);
    }
  }

  #hello(header: RequestHeader<"hello">): Packet {
    if (header.protocol !== protocolVersion) {
      throw new CofactorError(
        "PROTOCOL_UNSUPPORTED",
        `expected protocol ${protocolVersion}, got ${header.protocol}: update the older side`,
      );
    }
    if (header.run !== this.#parts.run.terms.id) throw new CofactorError("AUTH_FAILED", "this server has no run of that name");
    this.#challenge = toBase64url(this.#parts.secure.bytes(32));
    const { text, signature, serverKey } = this.#parts.terms;
    return reply({ protocol: protocolVersion, terms: text, termsSignature: signature, serverKey, challenge: this.#challenge });
  }

  async #join(header: RequestHeader<"join">): Promise<Packet> {
    const challenge = this.#challenge;
    this.#challenge = undefined;
    if (challenge === undefined || this.hasJoined || this.#isJoining) {
      throw new CofactorError("AUTH_FAILED", '"join" expected once, right after "hello"');
    }
    const { run, terms, store, desk, roles, events } = this.#parts;
    const signedRole = header.role === "client" ? header.role : (roles[header.role]?.signedRole ?? header.role);
    const signed = joinBytes(challenge, run.terms.id, signedRole, terms.serverKey, run.digest);
    if (!verifySignature(header.publicKey, "join", signed, header.proof)) {
      throw new CofactorError("AUTH_FAILED", '"proof" expected a signature of this connection\'s challenge');
    }
    if (header.role !== "client") {
      const role = roles[header.role];
      if (role === undefined) throw notHere(header.role);
      role.add(header.publicKey, this.#channel);
      this.#role = role;
      this.#connection.admit();
      return reply({ model: { ...desk.ref }, isNew: false, ended: desk.hasEnded });
    }
    if (!this.#parts.takesClients) throw notHere("client");
    const isAdmitted = await this.#admit(header);
    const fate = await store.enrol(run.terms.id, header.publicKey, this.#parts.limits.maxEnrolled);
    if (fate === "full") throw new CofactorError("AUTH_FAILED", "this run takes no more clients");
    const isNew = fate === "new";
    const standing = run.model.isCumulative === true ? await this.#standing(header.publicKey) : {};
    this.#client = header.publicKey;
    this.#connection.admit();
    this.#parts.identities.add(header.publicKey, this.#channel);
    if (!isAdmitted()) {
      this.#channel.close("the operator has revoked this key");
      throw revoked();
    }
    this.#conduct.addMeter(this.#parts.identities.meterOf(header.publicKey));
    events.emit("joined", { client: header.publicKey, isNew });
    const model = { ...desk.ref };
    // After the answer to "join": a client that is asked must know that it has joined.
    setTimeout(() => this.#channel.isOpen && this.#client !== undefined && desk.connect(this.#client, this, model.sha256), 0);
    return reply({ model, isNew, ended: desk.hasEnded, ...standing });
  }

  /** Which round counted a client last, and which round is over: both of one moment, between two publications. */
  async #standing(client: string): Promise<{ readonly counted: number; readonly over: number }> {
    const { store, run, desk } = this.#parts;
    for (;;) {
      const over = await desk.over();
      const counted = await store.counted(run.terms.id, client);
      if ((await desk.over()) === over) return { counted, over };
    }
  }

  /** Whether the operator lets a key in, whose signature is checked. @throws CofactorError UNAVAILABLE, REVOKED, NOT_ADMITTED, DISCONNECTED */
  async #admit({ publicKey: client, invitation }: RequestHeader<"join">): Promise<() => boolean> {
    const { run, desk, enrolment } = this.#parts;
    const retryAfterMs = this.#parts.drainingMs();
    if (retryAfterMs !== undefined && !desk.expects(client)) {
      throw new CofactorError("UNAVAILABLE", "the server is about to restart: come back later", { retryable: true, retryAfterMs });
    }
    this.#isJoining = true;
    try {
      const isAdmitted = await enrolment.admit({ run: run.terms.id, client, invitation });
      if (this.#channel.isOpen) return isAdmitted;
    } finally {
      this.#isJoining = false;
    }
    throw new CofactorError("DISCONNECTED", "the connection ended while it joined", { retryable: true });
  }

  #expectClient(): string {
    if (this.#client === undefined) throw new CofactorError("AUTH_FAILED", 'expected "hello" and "join" as a client first');
    return this.#client;
  }
}

function notHere(role: string): CofactorError {
  return new CofactorError("UNAVAILABLE", `a ${role} is served elsewhere: go on to the next server`, { retryable: true });
}

function reply(header: Header): Packet {
  return { header, payload: noBytes };
}
