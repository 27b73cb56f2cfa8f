/**
 * Participation schemas: the sets of rounds in which one privacy unit may take part. Imports check.
 *
 * `separation` is a difference of round numbers: with separation 3 a unit of round 1 may come back in round 4, not in round 3.
 * (Papers on tree aggregation count the rounds between, which is one less.)
 *
 * Source: Choquette-Choo et al. 2023, https://arxiv.org/abs/2306.08153, sections 2 and 4
 */
import { integer } from "../../check.ts";

/** One round at most. */
export interface SingleParticipation {
  readonly kind: "single";
}

/**
 * A run of at most `participations` rounds exactly `separation` apart, some of which the unit may miss: data visited in a fixed order,
 * epoch after epoch.
 */
export interface FixedEpochParticipation {
  readonly kind: "fixed-epoch";
  readonly participations: number;
  readonly separation: number;
}

/** At most `participations` rounds, any two at least `separation` apart. */
export interface MinSeparationParticipation {
  readonly kind: "min-separation";
  readonly participations: number;
  readonly separation: number;
}

/** Any rounds, at most `participations` of them. */
export interface UnrestrictedParticipation {
  readonly kind: "unrestricted";
  readonly participations: number;
}

/** In which rounds one privacy unit may take part. */
export type Participation = SingleParticipation | FixedEpochParticipation | MinSeparationParticipation | UnrestrictedParticipation;

/** A schema as numbers, for a given count of rounds. */
export interface Bounds {
  /** The most rounds that fit, at least 1. */
  readonly participations: number;
  /** The least difference of two round numbers, at least 1. */
  readonly separation: number;
  /** True when consecutive rounds are exactly `separation` apart. */
  readonly isFixed: boolean;
}

/** The most rounds, at least `separation` apart, that fit into `rounds`: ceil(rounds / separation), and never above `participations`. */
export function trueParticipations(rounds: number, separation: number, participations: number = rounds): number {
  return Math.min(participations, Math.ceil(rounds / separation));
}

/**
 * The schema as numbers, with `participations` cut to what fits.
 *
 * @throws RangeError when a number of the schema is not an integer from 1
 */
export function boundsOf(participation: Participation, rounds: number): Bounds {
  if (participation.kind === "single") return { participations: 1, separation: rounds, isFixed: false };
  const most = integer(participation.participations, 1, Number.MAX_SAFE_INTEGER, "participations");
  const separation =
    participation.kind === "unrestricted" ? 1 : integer(participation.separation, 1, Number.MAX_SAFE_INTEGER, "separation");
  return { participations: trueParticipations(rounds, separation, most), separation, isFixed: participation.kind === "fixed-epoch" };
}

/** How many bands a strategy may have so that columns of two participations never overlap; 64 at most, which is memory enough. */
export function bandsFor(participation: Participation, rounds: number): number {
  return Math.min(64, boundsOf(participation, rounds).separation, rounds);
}

/**
 * Every admissible set of rounds (from 0, ascending, not empty), but for fixed-epoch sets with gaps, which runs without gaps contain.
 * Exponential: for small `rounds` only.
 *
 * @throws RangeError when rounds is above 24
 */
export function admissibleSets(participation: Participation, rounds: number): readonly (readonly number[])[] {
  integer(rounds, 1, 24, "rounds");
  const { participations, separation, isFixed } = boundsOf(participation, rounds);
  const out: number[][] = [];
  const grow = (set: readonly number[], from: number): void => {
    if (set.length > 0) out.push([...set]);
    if (set.length === participations) return;
    const last = isFixed && set.length > 0 ? Math.min(from + 1, rounds) : rounds;
    for (let next = from; next < last; next++) grow([...set, next], next + separation);
  };
  grow([], 0);
  return out;
}

/** True when a unit may take part in exactly these rounds (any numbering, ascending): what a participation log is checked with. */
export function isAdmissible(participation: Participation, rounds: readonly number[]): boolean {
  if (participation.kind === "single") return rounds.length <= 1;
  const { participations } = participation;
  if (rounds.length > participations) return false;
  const gaps = rounds.slice(1).map((round, at) => round - rounds[at]!);
  if (participation.kind === "unrestricted") return gaps.every((gap) => gap >= 1);
  const { separation } = participation;
  if (participation.kind === "min-separation") return gaps.every((gap) => gap >= separation);
  const span = gaps.reduce((total, gap) => total + gap, 0);
  return span <= (participations - 1) * separation && gaps.every((gap) => gap > 0 && gap % separation === 0);
}
