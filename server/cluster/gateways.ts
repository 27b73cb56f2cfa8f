/**
 * The coordinator's side of its gateways: which are there, which clients are at each, and how a stage that has ended is brought together from their
 * parts and the store. Imports shared, the store's types, the gateway's peer.
 *
 * What is in a sum is decided by the store alone: a gateway's part is taken when it holds durable answers only, and none that another part holds.
 * What no part holds, because its gateway is gone, slow or wrong, is read from the store.
 */
import type { Clock } from "../../shared/clock.ts";
import type { ConsoleGateway } from "../../shared/console/feed.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { Emitter } from "../../shared/emitter.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { Run } from "../../shared/run.ts";
import type { Channel } from "../../shared/transport.ts";
import type { ActiveRound } from "../active-round.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Collection } from "../coordinator-parts.ts";
import type { ServerEvents } from "../events.ts";
import type { RoleDesk } from "../session.ts";
import type { Store } from "../store.ts";
import { GatewayPeer, type HandedOver } from "./gateway-peer.ts";
import { linkRole, proveCoordinator } from "./link-proof.ts";
import type { View } from "./messages.ts";
import { gather } from "./part.ts";
import { Tallies } from "./tallies.ts";

/** What the desk for gateways works with. */
export interface GatewaysParts {
  readonly run: Run;
  readonly store: Store;
  readonly clock: Clock;
  /** The server's own: only who holds it is a gateway. */
  readonly identity: Identity;
  /** Where gateways dial this coordinator: both sides sign it, so that nobody in between can pass their proofs on. */
  readonly url: string;
  /** How long a gateway may take to hand over its part of a stage. */
  readonly partMs: number;
  readonly events: Emitter<ServerEvents>;
}

interface Present {
  readonly peer: GatewayPeer;
  /** By what it is called before it has told its name. */
  readonly number: number;
  readonly sinceMs: number;
  partsLost: number;
}

/** The gateways of a coordinator. */
export class Gateways implements RoleDesk, Collection {
  readonly #parts: GatewaysParts;
  readonly #present = new Map<Channel, Present>();
  /** What they count of themselves. */
  readonly tallies: Tallies = new Tallies();
  #count = 0;
  #coordinator: Coordinator | undefined;

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
  }

  get signedRole(): string {
    return linkRole("gateway", this.#parts.url);
  }

  /** How many are connected. */
  get count(): number {
    return this.#present.size;
  }

  /** Those that are connected, in the order in which they came. */
  get list(): readonly ConsoleGateway[] {
    return [...this.#present.values()].map(({ peer: { tally, clients }, number, sinceMs, partsLost }) => ({
      name: tally?.name ?? `gateway ${number}`,
      clients,
      sinceMs,
      partsLost,
      bytesSent: tally?.bytesSent ?? 0,
      bytesReceived: tally?.bytesReceived ?? 0,
    }));
  }

  /** Begins to serve: the coordinator has its state. */
  serve(coordinator: Coordinator): void {
    this.#coordinator = coordinator;
  }

  add(publicKey: string, channel: Channel): void {
    if (publicKey !== this.#parts.identity.id) throw new CofactorError("AUTH_FAILED", "a gateway expected to hold the server's own key");
    const coordinator = this.#coordinator;
    if (coordinator === undefined) throw new CofactorError("UNAVAILABLE", "this coordinator is only starting", { retryable: true });
    const { tallies } = this;
    const { clock } = this.#parts;
    const peer = new GatewayPeer({
      channel,
      coordinator,
      clock,
      view: () => this.view(),
      prove: (challenge) => this.#prove(challenge),
      onTally: (tally) => tallies.take(tally),
    });
    this.#present.set(channel, { peer, number: ++this.#count, sinceMs: Date.now(), partsLost: 0 });
  }

  remove(channel: Channel): void {
    const present = this.#present.get(channel);
    this.#present.delete(channel);
    if (present?.peer.tally !== undefined) this.tallies.leave(present.peer.tally.id);
    present?.peer.end();
  }

  #prove(challenge: string): string {
    const { run, identity, url } = this.#parts;
    return proveCoordinator(identity, run, url, challenge);
  }

  /** What clients that join are told now. */
  view(): View {
    const coordinator = this.#coordinator!;
    return { epoch: coordinator.epoch, model: { ...coordinator.ref }, ended: coordinator.hasEnded, over: coordinator.over() };
  }

  /** A round is over: every gateway has the new view. */
  refresh(): void {
    for (const { peer } of this.#present.values()) peer.tellView();
  }

  async collect(active: ActiveRound, stage: number): Promise<readonly string[]> {
    const { run, store } = this.#parts;
    const { state, aggregator } = active;
    const { round } = state;
    const keys = await store.answerKeys(run.terms.id, round);
    const durable = keys.filter((key) => key.stage === stage && state.members.has(key.client));
    const parts = durable.length === 0 ? [] : await this.#handedOver(round, stage);
    const all = parts.flatMap(({ groups }) => groups);
    const { taken, missing } = gather(durable, all, (client) => aggregator.groupOf(client));
    for (const { group, sum } of taken) aggregator.merge(group, sum);
    for (const { present, groups, bytesUp } of parts) {
      if (groups.every((group) => taken.includes(group))) active.bytesUp += bytesUp;
      else this.#lose(present, round);
    }
    for (const { client } of missing) {
      const answer = await store.answer(run.terms.id, round, stage, client);
      if (answer === undefined) throw new CofactorError("STORE_FAILED", `the store lacks an answer of round ${round} that it had kept`);
      active.bytesUp += answer.bytes.length;
      aggregator.combine(stage, client, answer.bytes, answer.signature);
    }
    return durable.map(({ client }) => client);
  }

  async #handedOver(round: number, stage: number): Promise<(HandedOver & { readonly present: Present })[]> {
    const parts = await Promise.all(
      [...this.#present.values()].map(async (present) => {
        try {
          return [{ ...(await present.peer.part(round, stage, this.#parts.partMs)), present }];
        } catch {
          this.#lose(present, round);
          return [];
        }
      }),
    );
    return parts.flat();
  }

  #lose(present: Present, round: number): void {
    present.partsLost += 1;
    this.#parts.events.emit("partLost", { round });
  }
}
