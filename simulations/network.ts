/** What a simulated network does to a cohort: who never answers, who is late. Virtual time. Imports random. */
import { createRng } from "../shared/random.ts";
import type { NetworkOptions } from "./scenario.ts";

/** A cohort's fate in a round. */
export interface Answering {
  /** Who answers in time, in the cohort's order. */
  readonly answering: readonly number[];
  /** Who never answers, or too late. */
  readonly lost: readonly number[];
  /** Virtual milliseconds until the last answer in time, or the deadline when somebody was lost. */
  readonly elapsedMs: number;
}

/** Draws it. Depends on seed, round and person alone. */
export function drawAnswering(network: NetworkOptions, seed: number, round: number, cohort: Iterable<number>): Answering {
  const answering: number[] = [];
  const lost: number[] = [];
  let elapsedMs = 0;
  for (const user of cohort) {
    const rng = createRng(seed, "network", round, user);
    const isDropped = rng.float() < network.dropout;
    const latencyMs = -Math.log(1 - rng.float()) * network.latencyMs;
    if (isDropped || latencyMs > network.deadlineMs) lost.push(user);
    else {
      answering.push(user);
      elapsedMs = Math.max(elapsedMs, latencyMs);
    }
  }
  return { answering, lost, elapsedMs: lost.length > 0 && network.latencyMs > 0 ? network.deadlineMs : elapsedMs };
}
