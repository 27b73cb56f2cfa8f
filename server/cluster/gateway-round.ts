/**
 * An open round's stage at a gateway: who is asked, what they are told, which of their answers are right; and what this gateway has taken in. All but
 * the latter comes from the store, so that every gateway sees the same. Imports shared, the active round, the store's types.
 */
import { GroupedAggregator } from "../../shared/protections/grouped.ts";
import type { ProtectionTools } from "../../shared/protections/protection.ts";
import type { MemberStatus } from "../../shared/round.ts";
import { type Run, roundFrame } from "../../shared/run.ts";
import { type ActiveRound, answerKey, restoreRound } from "../active-round.ts";
import type { Store } from "../store.ts";
import { encodePart } from "./part.ts";

/** What a gateway's round is made from. */
export interface GatewayRoundParts {
  readonly run: Run;
  readonly store: Store;
  readonly tools: ProtectionTools;
  readonly nowMs: number;
}

/** One stage of a round. */
export class GatewayRound {
  /** The round up to this stage, without its contributions: it makes briefs and checks answers. */
  readonly active: ActiveRound;
  readonly stage: number;
  readonly #members: Map<string, MemberStatus>;
  /** What is taken in here, by group: for the coordinator's half to merge. */
  readonly #sums: GroupedAggregator;
  readonly #taken: (readonly [client: string, digest: string])[][];
  /** Whose answers are durable, as far as this gateway knows. */
  readonly #answered: string[] = [];

  private constructor(active: ActiveRound, stage: number, members: Map<string, MemberStatus>, sums: GroupedAggregator) {
    this.active = active;
    this.stage = stage;
    this.#members = members;
    this.#sums = sums;
    this.#taken = active.state.groups.map(() => []);
  }

  /** A stage as the store has it; undefined when it is not the open one. @throws CofactorError STORE_FAILED */
  static async open({ run, store, tools, nowMs }: GatewayRoundParts, round: number, stage: number): Promise<GatewayRound | undefined> {
    const { id } = run.terms;
    const open = await store.openRound(id);
    if (open?.round !== round || open.stage !== stage) return undefined;
    const keys = await store.answerKeys(id, round);
    const { contributionStage } = run.protection;
    const answers = (at: number) => (at === contributionStage ? [] : store.answers(id, round, at));
    const { active } = await restoreRound(run, { open, keys, lastStage: stage - 1, answers }, tools, nowMs);
    if (active.state.phase !== "collecting" || active.state.stage !== stage) return undefined;
    const members = new Map(active.state.members);
    active.state = { ...active.state, members };
    active.openStage = stage;
    const frameOf = (group: number) => roundFrame(run, round, group);
    const sums = await GroupedAggregator.create(run.protection, frameOf, active.state.groups, tools);
    const opened = new GatewayRound(active, stage, members, sums);
    for (const { client } of keys.filter((key) => key.stage === stage)) opened.#note(client);
    return opened;
  }

  /** The round's number. */
  get round(): number {
    return this.active.state.round;
  }

  /** Whose answers to this stage are durable, as far as is known here. */
  get answered(): readonly string[] {
    return this.#answered;
  }

  /** Where a client stands. */
  statusOf(client: string): MemberStatus | undefined {
    return this.#members.get(client);
  }

  /**
   * A client's answer is durable.
   * @param taken what is to be in this gateway's sum: left out where another gateway may have it, or nobody
   */
  keep(client: string, taken?: { readonly bytes: Uint8Array; readonly signature: string }): void {
    if (taken !== undefined) {
      this.#sums.combine(this.stage, client, taken.bytes, taken.signature);
      this.#taken[this.#sums.groupOf(client)]!.push([client, this.active.digests.get(answerKey(this.stage, client))!]);
    }
    this.#note(client);
  }

  /** What is taken in so far, as bytes. */
  export(): Uint8Array {
    const groups = [...this.#taken.keys()].filter((group) => this.#taken[group]!.length > 0);
    return encodePart(groups.map((group) => ({ group, answers: this.#taken[group]!, sum: this.#sums.export(group) })));
  }

  #note(client: string): void {
    if (this.#members.get(client) !== "asked") return;
    this.#members.set(client, "answered");
    this.#answered.push(client);
  }
}
