/**
 * The aggregator's halves of a round's groups as one: each group is a cohort of its own to the protection. Imports errors, the seam.
 *
 * A group whose sum cannot be had, because a device of it lied or too many were lost, costs the round that group alone.
 */
import { CofactorError, type ErrorCode, isCofactorError } from "../errors.ts";
import type { Aggregate } from "../models/model.ts";
import type { AggregatorHalf, Protection, ProtectionTools, RoundFrame } from "./protection.ts";

/** A group whose sum could not be had. */
export interface SpoiledGroup {
  readonly group: number;
  readonly error: CofactorError;
}

/** The sums of a round. */
export interface RevealedGroups {
  /** One for each group that could be had, in the order of the groups. */
  readonly sums: readonly Aggregate[];
  readonly spoiled: readonly SpoiledGroup[];
}

/** Refusals that are a group's own affair; any other ends the round. */
const ofGroup: readonly ErrorCode[] = ["AGGREGATION_FAILED", "THRESHOLD_UNMET", "COHORT_TOO_SMALL"];

/** The aggregator's side of one round, over all groups. */
export class GroupedAggregator {
  readonly #halves: readonly AggregatorHalf[];
  readonly #groupOf: ReadonlyMap<string, number>;

  private constructor(halves: readonly AggregatorHalf[], groupOf: ReadonlyMap<string, number>) {
    this.#halves = halves;
    this.#groupOf = groupOf;
  }

  /**
   * @param frameOf the frame of a group
   * @param groups who is in which
   */
  static async create(
    protection: Protection,
    frameOf: (group: number) => RoundFrame,
    groups: readonly (readonly string[])[],
    tools: ProtectionTools,
  ): Promise<GroupedAggregator> {
    const halves: AggregatorHalf[] = [];
    for (const group of groups.keys()) halves.push(await protection.createAggregator(frameOf(group), tools));
    const groupOf = new Map<string, number>();
    // Of one group nobody asks.
    if (groups.length > 1) for (const [group, members] of groups.entries()) for (const client of members) groupOf.set(client, group);
    return new GroupedAggregator(halves, groupOf);
  }

  /** How many groups there are. */
  get groups(): number {
    return this.#halves.length;
  }

  /** The group of a client. @throws CofactorError INTERNAL for one outside the cohort */
  groupOf(client: string): number {
    if (this.#halves.length === 1) return 0;
    const group = this.#groupOf.get(client);
    if (group === undefined) throw new CofactorError("INTERNAL", "a client outside the cohort");
    return group;
  }

  /** As `AggregatorHalf.begin`; groups of which nobody is asked any more have ended. */
  async begin(stage: number, clients: readonly string[]): Promise<void> {
    if (this.#halves.length === 1) {
      await this.#halves[0]!.begin(stage, clients);
      return;
    }
    const asked = this.#halves.map((): string[] => []);
    for (const client of clients) asked[this.groupOf(client)]!.push(client);
    for (const [group, members] of asked.entries()) if (members.length > 0) await this.#halves[group]!.begin(stage, members);
  }

  /** As `AggregatorHalf.brief`. */
  brief(stage: number, client: string): Uint8Array {
    return this.#halves[this.groupOf(client)]!.brief(stage, client);
  }

  /** As `AggregatorHalf.admit`. */
  admit(stage: number, client: string, answer: Uint8Array): void {
    this.#halves[this.groupOf(client)]!.admit(stage, client, answer);
  }

  /** As `AggregatorHalf.combine`. */
  combine(stage: number, client: string, answer: Uint8Array, signature: string): void {
    this.#halves[this.groupOf(client)]!.combine(stage, client, answer, signature);
  }

  /** What a group's half took in, for another one to merge. */
  export(group: number): Uint8Array {
    return this.#halves[group]!.export();
  }

  /** Takes in what another half exported for a group. */
  merge(group: number, part: Uint8Array): void {
    this.#halves[group]!.merge(part);
  }

  /**
   * The groups' sums, opened one after another.
   *
   * @param groups those that hold contributions
   * @param least fewest sums of use
   * @param open has one group's sum opened
   * @throws CofactorError as `AggregatorHalf.reveal`: what kept the first group when fewer than `least` sums can be had; what is no group's own
   * affair, such as missing keyholders, at once
   */
  async reveal(
    groups: readonly number[],
    least: number,
    open: (half: AggregatorHalf, group: number) => Promise<Aggregate>,
  ): Promise<RevealedGroups> {
    const sums: Aggregate[] = [];
    const spoiled: SpoiledGroup[] = [];
    for (const group of groups) {
      try {
        sums.push(await open(this.#halves[group]!, group));
      } catch (error) {
        if (!isCofactorError(error) || !ofGroup.includes(error.code)) throw error;
        spoiled.push({ group, error });
        if (groups.length - spoiled.length < Math.max(1, least)) throw spoiled[0]!.error;
      }
    }
    return { sums, spoiled };
  }
}
