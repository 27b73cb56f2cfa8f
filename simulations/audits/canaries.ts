/**
 * Canary users: the ones that any mechanism hides worst, and what an attacker who knows everything else sees of them. Imports shared,
 * attendance, protected-sum.
 *
 * Each canary contributes a vector as long as the clip allows, along a direction of its own, or zeros (under "replace", the opposite), by a coin.
 * The attacker knows every direction and all coins but one, takes the others off what is released, and projects the rest on the one's direction:
 * 1 for a canary that was in, 0 for one that was not, plus the noise. Directions touch no entry in common: their noise is independent.
 *
 * Source: Andrew et al. 2023, https://arxiv.org/abs/2302.03098; Steinke, Nasr and Jagielski 2023, https://arxiv.org/abs/2305.08846
 */

import { privacySettingOf } from "../../shared/plan-run.ts";
import { guardParts, type PrivacyGuard } from "../../shared/privacy/guard.ts";
import { boundsOf } from "../../shared/privacy/matrix/participation.ts";
import type { Opener } from "../../shared/protections/protection.ts";
import { createRng, type Rng, simulationRng } from "../../shared/random.ts";
import { createReleaser, openReleased } from "../../shared/release.ts";
import type { Run } from "../../shared/run.ts";
import { Attendance } from "../attendance.ts";
import { protectedSum } from "./protected-sum.ts";

/** What an attacker has seen of one canary in one training. */
export interface CanarySighting {
  readonly isIn: boolean;
  /** [rounds] 1 where it took part, which a server sees. */
  readonly took: Float64Array;
  /** [rounds] the projection of what was released on its direction, in units of its own contribution; 0 where nothing was released. */
  readonly projections: Float64Array;
}

/** A training with canaries in the place of people. */
export interface CanaryTraining {
  readonly run: Run;
  readonly opener: Opener | undefined;
  readonly seed: number;
}

/**
 * Trains once, and tells what an attacker sees of each canary: as many as fill a cohort in every round that the promise allows, or as there are
 * entries to tell them apart.
 */
export async function watchCanaries({ run, opener, seed }: CanaryTraining): Promise<CanarySighting[]> {
  const guard = run.privacy!;
  const rng = createRng(seed, "canaries");
  const canaries = drawCanaries(run, guard, rng);
  const { rounds } = run.terms;
  const participants = Int32Array.from(canaries.keys());
  const attendance = new Attendance(run, participants, seed);
  const releaser = await createReleaser(run, simulationRng(createRng(seed, "noise")));
  const away = guard.terms.neighboring === "replace" ? -1 : 0;
  const sightings = canaries.map((canary) => ({
    isIn: canary.isIn,
    took: new Float64Array(rounds),
    projections: new Float64Array(rounds),
  }));
  for (let round = 1; round <= rounds; round++) {
    const cohort = [...attendance.draw(round)];
    if (cohort.length < run.terms.cohort.min) continue;
    const vectors = new Map<number, Float64Array>();
    for (const user of cohort) {
      sightings[user]!.took[round - 1] = 1;
      const { vector, isIn } = canaries[user]!;
      const device = await guard.createDevice(simulationRng(createRng(seed, "device", round, user)));
      vectors.set(
        user,
        device.protect(
          vector.map((value) => value * (isIn ? 1 : away)),
          round,
        ),
      );
    }
    if (guard.placement === "local") {
      // Whoever is behind the aggregator sees every device's vector by itself.
      for (const [user, sent] of vectors) sightings[user]!.projections[round - 1] = projectionOn(sent, canaries[user]!.vector);
      continue;
    }
    const released = openReleased(releaser.release([await protectedSum(run, opener, round, vectors)], round), run.digest)[0]!.values;
    for (const [user, { vector }] of canaries.entries()) sightings[user]!.projections[round - 1] = projectionOn(released, vector);
  }
  return sightings;
}

/** Cohorts of canaries that are enough for any promise. */
const mostCohorts = 20;

interface Canary {
  readonly isIn: boolean;
  /** [size] as long as the clip allows. */
  readonly vector: Float64Array;
}

function drawCanaries(run: Run, guard: PrivacyGuard, rng: Rng): Canary[] {
  const size = run.sharing.size;
  const { clip } = guardParts(guard.terms, privacySettingOf(run));
  // So many that every round finds a cohort although members of the last ones must rest.
  const { separation } = boundsOf(guard.terms.participation, run.terms.rounds);
  const count = Math.min(run.terms.cohort.size * Math.min(separation, mostCohorts), size);
  return Array.from({ length: count }, (_, canary): Canary => {
    const vector = new Float64Array(size);
    for (let at = canary; at < size; at += count) vector[at] = rng.float() < 0.5 ? -1 : 1;
    const longest = clip === undefined ? vector : clip.clip(vector.map((value) => value * 1e6));
    return { isIn: rng.float() < 0.5, vector: longest };
  });
}

/** How many times the direction's own vector lies in `values`: entries in common with no other canary. */
function projectionOn(values: Float64Array, vector: Float64Array): number {
  let along = 0;
  let square = 0;
  for (let i = 0; i < vector.length; i++) {
    along += values[i]! * vector[i]!;
    square += vector[i]! ** 2;
  }
  return along / square;
}
