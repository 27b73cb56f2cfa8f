/** Who takes part: the people of a data set that have a device, and the cohort of a round. Drawn by seed. Imports shared. */
import { createRng, shuffled } from "../shared/random.ts";

/** `count` of the people 0 .. users - 1, ascending; everyone when `count` is undefined or not less than `users`. */
export function drawParticipants(users: number, count: number | undefined, seed: number): Int32Array {
  const all = Int32Array.from({ length: users }, (_, user) => user);
  if (count === undefined || count >= users) return all;
  const rng = createRng(seed, "participants");
  for (let i = 0; i < count; i++) {
    const j = i + rng.below(users - i);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all.slice(0, count).sort();
}

/**
 * The cohort of a round, ascending: `size` of the participants, or `participants` itself when there are no more.
 * Costs what the cohort costs, however many devices are dormant: Floyd's sampling, all subsets equally likely.
 */
export function drawCohort(participants: Int32Array, size: number, seed: number, round: number): Int32Array {
  if (size >= participants.length) return participants;
  const rng = createRng(seed, "cohort", round);
  const chosen = new Set<number>();
  for (let last = participants.length - size; last < participants.length; last++) {
    const candidate = rng.below(last + 1);
    chosen.add(chosen.has(candidate) ? last : candidate);
  }
  return Int32Array.from(chosen, (position) => participants[position]!).sort();
}

/** Those of the participants, a share of them, who contribute as if there were no ratings; ascending. */
export function drawFreeRiders(participants: Int32Array, share: number, seed: number): Int32Array {
  const count = Math.round(share * participants.length);
  const order = shuffled(participants.length, createRng(seed, "free-riders"));
  return Int32Array.from(order.subarray(0, count), (place) => participants[place]!).sort();
}

/** So many that more practically never come up by coins whose mean is `mean`: nine standard deviations, and room for small means. */
export function mostByCoins(mean: number): number {
  return Math.ceil(mean + 9 * Math.sqrt(mean) + 12);
}
