/**
 * The seam for reward schemes: what each player of a game gets of what they are worth together. May import math, random, registry. One file per
 * scheme in schemes/, listed in its index.ts; the suite in test/conformance/reward-scheme.ts proves each.
 */
import type { Rng } from "../random.ts";
import type { Definition } from "../registry.ts";
import type { Game } from "./game.ts";

/** What a scheme promises beside what all do; the suite tests every claim. */
export interface Claims {
  /** Values add up to the worth of everyone together. */
  readonly isEfficient: boolean;
  /** Interchangeable players that joined at the same time get the same: exactly, or in the mean over draws. */
  readonly symmetry: "exact" | "expected";
  /** Values of a sum of two games are the sums of values, draws being equal. */
  readonly isLinear: boolean;
  /**
   * Whether joining earlier is never worth less, and more where others gain by it: given that worths are superadditive (together at least what two
   * coalitions are worth apart). Nobody then gets less than alone.
   */
  readonly isTimeAware: boolean;
}

/**
 * Shares out what players are worth together.
 *
 * Guarantees every scheme gives: a player who adds nothing to any coalition gets 0; finite worths give finite values; the same game and rng seed
 * give the same values.
 */
export interface Scheme {
  readonly kind: string;
  readonly claims: Claims;
  /** Most players that it is made for. */
  readonly mostPlayers: number;
  /**
   * @returns [players] in units of the game's worth
   * @throws CofactorError CONFIG_INVALID for more than `mostPlayers`
   */
  values(game: Game, rng: Rng): Float64Array;
}

/** A scheme's entry in the index. */
export interface SchemeDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** How many coalitions are asked for, of so many players: the cost. */
  cost(options: Options, players: number): number;
  create(options: Options): Scheme;
}
