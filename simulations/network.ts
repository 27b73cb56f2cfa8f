/** What a simulated network does to a cohort: who never answers, who is late, how long the stage lasts. Virtual time. Imports random. */
import { createRng } from "../shared/random.ts";
import type { NetworkOptions } from "./scenario.ts";

/** A stage of a round, and in how many of them devices drop out. */
export interface StageOfRound {
  readonly round: number;
  readonly stage: number;
  /** The stages up to the contribution's. */
  readonly stages: number;
}

/** What becomes of those asked in a stage. */
export interface Answering {
  /** Who answers in time, in the order in which they were asked. */
  readonly answering: readonly number[];
  /** Who never answers, or too late. */
  readonly lost: readonly number[];
  /** Virtual milliseconds until the last answer, or the deadline when somebody was lost: the aggregator waits for them until then. */
  readonly elapsedMs: number;
}

/** Virtual milliseconds after which a lost message is sent again. */
export const resendMs = 1_000;

/**
 * Draws the fate of those asked in a stage. A device that drops out does so at one of the stages up to its contribution, each as
 * likely: whoever drops out is missing in the sum, under every protection the same people.
 *
 * @param lateByMs by how much a device holds back its answer
 *
 * Guarantees: a person's fate depends on seed, round, stage and person alone; a higher `dropout`, `latencyMs` or `loss` loses nobody less.
 */
export function drawAnswering(
  network: NetworkOptions,
  seed: number,
  { round, stage, stages }: StageOfRound,
  asked: Iterable<number>,
  lateByMs: (user: number) => number = () => 0,
): Answering {
  const answering: number[] = [];
  const lost: number[] = [];
  let elapsedMs = 0;
  for (const user of asked) {
    const ofRound = createRng(seed, "network", round, user);
    const isDropped = ofRound.float() < network.dropout && ofRound.fork("stage").below(stages) === stage;
    const rng = stage === 0 ? ofRound : ofRound.fork("stage", stage);
    const delayMs = -Math.log(1 - rng.float()) * network.latencyMs;
    // The invitation and the answer may each get lost several times over.
    const resends = timesLost(rng.float(), network.loss) + timesLost(rng.float(), network.loss);
    const answersAtMs = delayMs + resends * resendMs + lateByMs(user);
    if (isDropped || answersAtMs > network.deadlineMs) lost.push(user);
    else {
      answering.push(user);
      elapsedMs = Math.max(elapsedMs, answersAtMs);
    }
  }
  return { answering, lost, elapsedMs: lost.length > 0 ? network.deadlineMs : elapsedMs };
}

/** How often a message is lost before it arrives: geometric, by inversion of a uniform draw. */
function timesLost(uniform: number, loss: number): number {
  return loss === 0 ? 0 : Math.floor(Math.log(1 - uniform) / Math.log(loss));
}
