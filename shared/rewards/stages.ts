/**
 * What both time-aware schemes have in common: players alone until they join, then their share of what those who are there gain together, each
 * stage of the collaboration weighed. Imports game.
 *
 * Writing u for what a coalition gains over its members alone, a player gets v({i}) + the sum over stages of weight x Shapley value of u among those
 * present. That is reward cumulation with weights of time intervals, and data valuation with dividends discounted by the latest member's time: the
 * discount of a dividend is the sum of the weights of the stages in which all of its members are present.
 *
 * Source: Chen et al. 2025, https://arxiv.org/abs/2510.09240
 */
import { type Game, shapleyAmong, worthTable } from "./game.ts";

/** From one joining to the next. */
export interface Stage {
  /** When it begins: somebody's time. */
  readonly from: number;
  /** When it ends: the next one's time; infinity for the last. */
  readonly to: number;
}

/** Values when each stage has the weight that `weightOf` gives it. At most as many players as there are bits for. */
export function stagedValues(game: Game, weightOf: (stage: Stage, latest: number) => number): Float64Array {
  const { players } = game;
  const joined = Float64Array.from({ length: players }, (_, player) => game.joined?.[player] ?? 0);
  if (!joined.every((time) => time >= 0 && Number.isFinite(time))) throw new RangeError('"joined" expected times of 0 or more');
  const table = worthTable(game);
  const values = Float64Array.from(joined, (_, player) => table[1 << player]!);
  const times = [...new Set(joined)].sort((a, b) => a - b);
  const latest = times.at(-1)!;
  for (const [at, from] of times.entries()) {
    const weight = weightOf({ from, to: times[at + 1] ?? Number.POSITIVE_INFINITY }, latest);
    const present = joined.reduce((word, time, player) => (time <= from ? word | (1 << player) : word), 0);
    const among = shapleyAmong(table, players, present);
    for (let player = 0; player < players; player++) {
      if (((present >> player) & 1) === 1) values[player] = values[player]! + weight * (among[player]! - table[1 << player]!);
    }
  }
  return values;
}
