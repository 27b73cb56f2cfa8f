/**
 * One gateway, as the coordinator sees it: its clients take part through it. What goes to many of them goes in few messages. Imports shared, the
 * coordinator.
 */
import type { Clock } from "../../shared/clock.ts";
import { CofactorError } from "../../shared/errors.ts";
import { type Channel, noBytes, type Packet } from "../../shared/transport.ts";
import type { AnswerHeader, RequestHeader } from "../../shared/wire/messages.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Participant } from "../coordinator-parts.ts";
import { Batches } from "./batches.ts";
import { type AskOutcome, type LinkRequests, parseLinkAnswer, parseLinkRequest, type View } from "./messages.ts";
import { decodePart, type GroupPart } from "./part.ts";
import type { Tally } from "./tallies.ts";

/** What a peer works with. */
export interface GatewayPeerParts {
  readonly channel: Channel;
  readonly coordinator: Coordinator;
  readonly clock: Clock;
  view(): View;
  /** That this coordinator holds the server's key. */
  prove(challenge: string): string;
  /** It has told what it counts of itself. */
  onTally(tally: Tally): void;
}

/** What a gateway has added up in a stage. */
export interface HandedOver {
  readonly groups: readonly GroupPart[];
  /** Of the answers, as it received them. */
  readonly bytesUp: number;
}

/** A gateway's part is refused beyond this: it is a sum for each group, and a list of names. */
const maxPartBytes = 1 << 30;

/** Asking one client, on its way. */
interface Asking {
  readonly round: number;
  readonly stage: number;
  settle(outcome: AskOutcome): void;
}

/** A connected gateway. */
export class GatewayPeer {
  readonly #parts: GatewayPeerParts;
  readonly #clients = new Map<string, Participant>();
  readonly #asking = new Map<string, Asking>();
  readonly #batches: Batches;
  #tally: Tally | undefined;

  constructor(parts: GatewayPeerParts) {
    this.#parts = parts;
    this.#batches = new Batches(() => parts.channel);
    parts.channel.serve((kind, packet) => this.#handle(kind, packet));
  }

  /** What it last told of itself; undefined before it has. */
  get tally(): Tally | undefined {
    return this.#tally;
  }

  /** How many clients are joined there. */
  get clients(): number {
    return this.#clients.size;
  }

  /** The connection has ended: its clients are away, and have their grace to come back by another way. */
  end(): void {
    for (const { settle } of [...this.#asking.values()]) settle("lost");
    for (const [client, participant] of this.#clients) this.#parts.coordinator.disconnect(client, participant);
    this.#clients.clear();
  }

  /** Tells it what clients that join are to be told from now on. */
  tellView(): void {
    this.#batches.send("view", { ...this.#parts.view() });
  }

  /** What the gateway has added up in a stage, whole within a time. @throws CofactorError TIMED_OUT, DISCONNECTED, MESSAGE_MALFORMED */
  async part(round: number, stage: number, timeoutMs: number): Promise<HandedOver> {
    const { channel, clock } = this.#parts;
    const untilMs = clock.now() + timeoutMs;
    let bytes: Uint8Array | undefined;
    let bytesUp = 0;
    for (let offset = 0; bytes === undefined || offset < bytes.length; ) {
      const packet = { header: { round, stage, offset }, payload: noBytes };
      const { header, payload } = await channel.request("part", packet, { timeoutMs: Math.max(1, untilMs - clock.now()) });
      const { total, ...counted } = parseLinkAnswer("part", header);
      bytesUp = counted.bytesUp;
      bytes ??= new Uint8Array(Math.min(total, maxPartBytes));
      if (total !== bytes.length || payload.length === 0 || offset + payload.length > total) {
        throw new CofactorError("MESSAGE_MALFORMED", `a part expected ${bytes.length} bytes in order`);
      }
      bytes.set(payload, offset);
      offset += payload.length;
    }
    return { groups: decodePart(bytes), bytesUp };
  }

  #handle(kind: string, { header }: Packet): Packet {
    const { coordinator, view } = this.#parts;
    switch (kind) {
      case "link": {
        const { challenge } = parseLinkRequest("link", header);
        return { header: { view: view(), proof: this.#parts.prove(challenge) }, payload: noBytes };
      }
      case "here":
        for (const [client, told] of parseLinkRequest("here", header).clients) coordinator.connect(client, this.#come(client), told);
        break;
      case "away": {
        const { clients, left } = parseLinkRequest("away", header);
        for (const client of clients) this.#go(client, left);
        break;
      }
      case "answered": {
        const { round, stage, clients } = parseLinkRequest("answered", header);
        coordinator.answered(round, stage, clients);
        break;
      }
      case "tally":
        this.#tally = parseLinkRequest("tally", header);
        this.#parts.onTally(this.#tally);
        break;
      case "told":
        this.#told(parseLinkRequest("told", header));
        break;
      default:
        throw new CofactorError("MESSAGE_MALFORMED", "expected a gateway's message");
    }
    return { header: {}, payload: noBytes };
  }

  #come(client: string): Participant {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const participant: Participant = {
      announce: (kind, header) => this.#batches.add("news", { kind, header: { ...header } }, client),
      ask: (header) => this.#ask(client, header),
    };
    this.#clients.set(client, participant);
    return participant;
  }

  #go(client: string, hasLeft: boolean): void {
    const participant = this.#clients.get(client);
    if (participant === undefined) return;
    this.#clients.delete(client);
    this.#asking.get(client)?.settle("lost");
    if (hasLeft) this.#parts.coordinator.leave(client);
    else this.#parts.coordinator.disconnect(client, participant);
  }

  /** The gateway makes the brief itself, from the store: it does not travel. */
  #ask(client: string, { round, stage, model, deadlineMs }: RequestHeader<"ask">): Promise<AnswerHeader<"ask">> {
    this.#asking.get(client)?.settle("lost");
    return new Promise((resolve, reject) => {
      const settle = (outcome: AskOutcome): void => {
        this.#asking.delete(client);
        if (outcome === "lost") reject(new CofactorError("DISCONNECTED", "nobody knows whether the client was asked", { retryable: true }));
        else resolve({ takesPart: outcome === "takes part", ...(outcome === "idle" ? { isIdle: true } : {}) });
      };
      this.#asking.set(client, { round, stage, settle });
      // Rounded down, so that all who are asked in a moment are asked by one message.
      this.#batches.add("ask", { round, stage, model: { ...model }, deadlineMs: Math.floor(deadlineMs / 250) * 250 }, client);
    });
  }

  #told({ round, stage, clients, outcome }: LinkRequests["told"]): void {
    for (const client of clients) {
      const asking = this.#asking.get(client);
      if (asking?.round === round && asking.stage === stage) asking.settle(outcome);
    }
  }
}
