/** Rounds with a person in them against rounds without. Imports types. */
import type { SeenRound } from "./attack.ts";

/**
 * The mean of a vector over the rounds in which a person took part, less that over the others; alone where the person was in all.
 * @param vectorOf what was seen of a round
 * @returns with it the model published before the last of those rounds
 */
export function contrastOf(
  rounds: readonly SeenRound[],
  person: number,
  vectorOf: (round: SeenRound) => Float64Array,
): { readonly values: Float64Array; readonly published: Float64Array } {
  const inside = rounds.filter(({ cohort }) => cohort.includes(person));
  const outside = rounds.filter(({ cohort }) => !cohort.includes(person));
  const values = new Float64Array(vectorOf(rounds[0]!).length);
  for (const [group, sign] of [[inside, 1] as const, [outside, -1] as const]) {
    for (const round of group) {
      const vector = vectorOf(round);
      for (let i = 0; i < values.length; i++) values[i] = values[i]! + (sign / group.length) * vector[i]!;
    }
  }
  return { values, published: inside.at(-1)!.before };
}
