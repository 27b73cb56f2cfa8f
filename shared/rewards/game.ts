/** Games of coalitions: who does what together, what that is worth, and helpers over all coalitions of a few. Imports errors. */
import { CofactorError } from "../errors.ts";

/**
 * What coalitions of players are worth. A player is a silo, a group of devices, or a round's cohort: whoever has a sum of its own that the
 * aggregator knows. Nobody's single contribution is needed.
 */
export interface Game {
  /** How many players there are, from 1. */
  readonly players: number;
  /** [players] when each joined, from 0, in any unit; everyone at 0 when left out. Read by schemes that look at time. */
  readonly joined?: ArrayLike<number> | undefined;
  /**
   * The worth of a coalition, in units of the figure that is shared out: more is better. Pure: the same members give the same number. That of
   * nobody is 0 and never asked for.
   * @param members [players] 1 for those in it; not kept
   */
  worth(members: Uint8Array): number;
}

/** The worth of every coalition of a few players: entry S is that of the players whose bits are set in S. Entry 0 is 0. */
export function worthTable(game: Game): Float64Array {
  const { players } = game;
  const table = new Float64Array(2 ** players);
  const members = new Uint8Array(players);
  for (let coalition = 1; coalition < table.length; coalition++) {
    for (let player = 0; player < players; player++) members[player] = (coalition >> player) & 1;
    table[coalition] = game.worth(members);
  }
  return table;
}

/**
 * Shapley values of the game among the players of `present` alone, from the table of worths.
 *
 * Shape: [players]; zero for those who are not present. Guarantees: they add up to the worth of `present`.
 * Source: Shapley 1953, https://doi.org/10.1515/9781400881970-018
 * @param present bits of the players who are there
 */
export function shapleyAmong(table: Float64Array, players: number, present: number): Float64Array {
  const count = bits(present);
  // weights[s]: s! (count - s - 1)! / count!, by their ratio.
  const weights = new Float64Array(count);
  for (let size = 0, weight = 1 / count; size < count; size++) {
    weights[size] = weight;
    weight *= (size + 1) / (count - size - 1);
  }
  const values = new Float64Array(players);
  // Every subset of `present`, from the whole of it down to nobody.
  for (let coalition = present; ; coalition = (coalition - 1) & present) {
    const size = bits(coalition);
    for (let player = 0; player < players; player++) {
      const own = 1 << player;
      if ((present & own) === 0 || (coalition & own) !== 0) continue;
      values[player] = values[player]! + weights[size]! * (table[coalition | own]! - table[coalition]!);
    }
    if (coalition === 0) return values;
  }
}

/** @throws CofactorError CONFIG_INVALID for more players than a table of coalitions is made for */
export function assertFew(players: number, kind: string, most: number): void {
  if (players <= most) return;
  throw new CofactorError(
    "CONFIG_INVALID",
    `"rewards.scheme" ${kind} expected at most ${most} players, since it asks for every coalition of them, got ${players}; nearest: permutations`,
  );
}

/** How many bits are set. */
function bits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
