/**
 * The coordinator's side of its gateways: which are there, which clients are at each, and how a stage that has ended is brought together from their
 * parts and the store. Imports shared, the store's types, the gateway's peer.
 *
 * What is in a sum is decided by the store alone: a gateway's part is taken when it holds durable answers only, and none that another part holds.
 * What no part holds, because its gateway is gone, slow or wrong, is read from the store.
 */
import type { Clock } from "../../shared/clock.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { Run } from "../../shared/run.ts";
import type { Channel } from "../../shared/transport.ts";
import type { ActiveRound } from "../active-round.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Collection } from "../coordinator-parts.ts";
import type { RoleDesk } from "../session.ts";
import type { Store } from "../store.ts";
import { GatewayPeer } from "./gateway-peer.ts";
import type { View } from "./messages.ts";
import { type GroupPart, gather } from "./part.ts";

/** What the desk for gateways works with. */
export interface GatewaysParts {
  readonly run: Run;
  readonly store: Store;
  readonly clock: Clock;
  /** The server's own key: only who holds it is a gateway. */
  readonly serverKey: string;
  /** How long a gateway may take to hand over its part of a stage. */
  readonly partMs: number;
  /** Called where a part was not taken, or not handed over. */
  readonly onLost: () => void;
}

/** The gateways of a coordinator. */
export class Gateways implements RoleDesk, Collection {
  readonly #parts: GatewaysParts;
  readonly #peers = new Map<Channel, GatewayPeer>();
  #coordinator: Coordinator | undefined;

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
  }

  /** How many are connected. */
  get count(): number {
    return this.#peers.size;
  }

  /** Begins to serve: the coordinator has its state. */
  serve(coordinator: Coordinator): void {
    this.#coordinator = coordinator;
  }

  add(publicKey: string, channel: Channel): void {
    if (publicKey !== this.#parts.serverKey) throw new CofactorError("AUTH_FAILED", "a gateway expected to hold the server's own key");
    const coordinator = this.#coordinator;
    if (coordinator === undefined) throw new CofactorError("UNAVAILABLE", "this coordinator is only starting", { retryable: true });
    this.#peers.set(channel, new GatewayPeer({ channel, coordinator, clock: this.#parts.clock, view: () => this.view() }));
  }

  remove(channel: Channel): void {
    const peer = this.#peers.get(channel);
    this.#peers.delete(channel);
    peer?.end();
  }

  /** What clients that join are told now. */
  view(): View {
    const coordinator = this.#coordinator!;
    return { epoch: coordinator.epoch, model: { ...coordinator.ref }, ended: coordinator.hasEnded, over: coordinator.over() };
  }

  /** A round is over: every gateway has the new view. */
  refresh(): void {
    for (const peer of this.#peers.values()) peer.tellView();
  }

  async collect({ state, aggregator }: ActiveRound, stage: number): Promise<readonly string[]> {
    const { run, store } = this.#parts;
    const { round } = state;
    const keys = await store.answerKeys(run.terms.id, round);
    const durable = keys.filter((key) => key.stage === stage && state.members.has(key.client));
    const parts = durable.length === 0 ? [] : await this.#handedOver(round, stage);
    const { taken, missing } = gather(durable, parts, (client) => aggregator.groupOf(client));
    if (taken.length < parts.length) this.#parts.onLost();
    for (const { group, sum } of taken) aggregator.merge(group, sum);
    for (const { client } of missing) {
      const answer = await store.answer(run.terms.id, round, stage, client);
      if (answer === undefined) throw new CofactorError("STORE_FAILED", `the store lacks an answer of round ${round} that it had kept`);
      aggregator.combine(stage, client, answer.bytes, answer.signature);
    }
    return durable.map(({ client }) => client);
  }

  async #handedOver(round: number, stage: number): Promise<GroupPart[]> {
    const parts = await Promise.all(
      [...this.#peers.values()].map(async (peer) => {
        try {
          return await peer.part(round, stage, this.#parts.partMs);
        } catch {
          this.#parts.onLost();
          return [];
        }
      }),
    );
    return parts.flat();
  }
}
