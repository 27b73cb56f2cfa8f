/**
 * The seam for what an agent believes of who is worth learning with, before it sees evidence: one file per prior; index.ts lists them.
 * Imports program, registry, random.
 */
import type { Rng } from "../../random.ts";
import type { Definition } from "../../registry.ts";
import type { PeerId } from "../program.ts";

/** What an agent knows of a neighbor when it weighs it. */
export interface Acquaintance {
  readonly id: PeerId;
  /** How much of what the neighbor's own estimate explains of its data this agent's estimate explains too, less one half: from far below 0 to 0.5. */
  readonly evidence: number;
  /** The neighbor's estimate less the public start. */
  readonly departure: Float64Array;
  /** What the neighbor's prior published. */
  readonly published: Float64Array;
}

/** A prior of one agent. */
export interface Prior<State = unknown> {
  readonly kind: string;
  /** Numbers that the agents tell each other for this prior. */
  readonly publishedLength: number;
  start(): State;
  /** [publishedLength] finite numbers that go to all neighbors. */
  publish(state: State): Float64Array;
  /**
   * The weight of each neighbor, from 0 to 1.
   * @param departure this agent's estimate less the public start
   */
  weigh(
    state: State,
    departure: Float64Array,
    known: readonly Acquaintance[],
  ): { readonly state: State; readonly weights: ReadonlyMap<PeerId, number> };
}

/** A prior's entry in the index. */
export interface PriorDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options, rng: Rng): Prior;
}
