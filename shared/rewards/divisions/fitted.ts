/** Members of a group get what fits best with all the groups that they were in. Imports the seam, math. */
import * as v from "valibot";
import { conjugateGradient, createCgSpace } from "../../math/conjugate-gradient.ts";
import type { DivisionDefinition, ValuedGroup } from "../division.ts";

/** Options. */
export interface FittedOptions {
  readonly kind: "fitted";
  /**
   * How strongly people are taken to be alike, in units of the mean evidence on one of them: small values believe the fit, large ones divide evenly.
   * "validated": whichever of a few tells the values of rounds best that it was not fitted to.
   */
  readonly ridge: number | "validated";
}

/**
 * A regression of groups' values on who was in them. A person's part r, 1 for the average one, is the same in all of its rounds; a round's mean value
 * of a person scales it, since early rounds are worth more than late ones. What the fit leaves of a group's value is divided evenly, so that parts
 * add up.
 *
 * Costs: some thousand passes over all memberships with a validated ridge, some tens with a given one. Reveals: as rounds pass, how useful each person's data was, as far as the groups' values tell.
 */
export const fitted: DivisionDefinition<FittedOptions> = {
  kind: "fitted",
  summary: "What fits best with the values of all groups that a person was in: tells people apart as rounds pass.",
  source: "ridge regression on memberships: Hoerl and Kennard 1970, https://doi.org/10.1080/00401706.1970.10488634",
  options: v.strictObject({
    kind: v.literal("fitted"),
    ridge: v.optional(v.union([v.pipe(v.number(), v.minValue(1e-9), v.maxValue(1e9)), v.literal("validated")]), "validated"),
  }),
  create: ({ ridge }) => ({
    kind: "fitted",
    findsNull: true,
    divide(groups, people) {
      const scales = scalesOf(groups);
      const parts = solve(groups, scales, people, ridge === "validated" ? validated(groups, scales, people) : ridge);
      const values = new Float64Array(people);
      for (const [index, { members, value }] of groups.entries()) {
        const scale = scales[index]!;
        const rest = (value - scale * sumOver(members, parts)) / members.length;
        for (let at = 0; at < members.length; at++) {
          const person = members[at]!;
          values[person] = values[person]! + scale * parts[person]! + rest;
        }
      }
      return values;
    },
  }),
};

/** [groups] the mean value of a member in a group's round. */
function scalesOf(groups: readonly ValuedGroup[]): Float64Array {
  const rounds = new Map<number, { value: number; members: number }>();
  for (const { round, members, value } of groups) {
    const sum = rounds.get(round) ?? { value: 0, members: 0 };
    rounds.set(round, { value: sum.value + value, members: sum.members + members.length });
  }
  return Float64Array.from(groups, ({ round }) => {
    const { value, members } = rounds.get(round)!;
    return value / members;
  });
}

const ridges = [1e-6, 1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 100, 1e6];
const folds = 5;

/** The ridge that tells rounds best which it was not fitted to; the largest one where there are too few rounds, or nothing to tell. */
function validated(groups: readonly ValuedGroup[], scales: Float64Array, people: number): number {
  const rounds = new Map([...new Set(groups.map(({ round }) => round))].map((round, at) => [round, at % folds]));
  const most = ridges.at(-1)!;
  if (rounds.size < 2) return most;
  let best = { ridge: most, error: Number.POSITIVE_INFINITY };
  for (const ridge of [...ridges].reverse()) {
    let error = 0;
    for (let fold = 0; fold < Math.min(folds, rounds.size); fold++) {
      const isOut = groups.map(({ round }) => rounds.get(round) === fold);
      const parts = solve(
        groups.filter((_, at) => !isOut[at]),
        scales.filter((_, at) => !isOut[at]),
        people,
        ridge,
      );
      for (const [at, { members, value }] of groups.entries()) {
        if (isOut[at]) error += (value - scales[at]! * sumOver(members, parts)) ** 2;
      }
    }
    // Ties, to rounding, go to the larger one.
    if (error < best.error * (1 - 1e-9)) best = { ridge, error };
  }
  return best.ridge;
}

/** Enough for a fit of which more would be noise. */
const steps = 200;

/** [people] least sum over groups of (value - scale x sum of parts)^2, and of penalty x (part - 1)^2 over people. */
function solve(groups: readonly ValuedGroup[], scales: Float64Array, people: number, ridge: number): Float64Array {
  const evidence = scales.reduce((sum, scale, index) => sum + scale * scale * groups[index]!.members.length, 0) / Math.max(1, people);
  const penalty = ridge * evidence;
  // In terms of how parts differ from 1.
  const away = new Float64Array(people);
  if (evidence === 0) return away.fill(1);
  const target = new Float64Array(people);
  for (const [index, { members, value }] of groups.entries()) {
    const scale = scales[index]!;
    const rest = scale * (value - scale * members.length);
    for (let at = 0; at < members.length; at++) target[members[at]!] = target[members[at]!]! + rest;
  }
  const multiply = (x: Float64Array, out: Float64Array): void => {
    for (let person = 0; person < people; person++) out[person] = penalty * x[person]!;
    for (const [index, { members }] of groups.entries()) {
      const scaled = scales[index]! * scales[index]! * sumOver(members, x);
      for (let at = 0; at < members.length; at++) out[members[at]!] = out[members[at]!]! + scaled;
    }
  };
  conjugateGradient(multiply, target, away, steps, createCgSpace(people));
  return away.map((part) => 1 + part);
}

function sumOver(members: Int32Array, values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < members.length; at++) sum += values[members[at]!]!;
  return sum;
}
