/** Figures of people's values. Imports options, fifths, statistics. */
import type { Fifths } from "../fifths.ts";
import { rankCorrelation, shareBelow } from "../statistics.ts";
import type { Quartiles, RewardBin, RewardFigures } from "./options.ts";

const binCount = 24;

/** The part of the figures that follows from values alone. */
export function figuresOf(
  values: Float64Array,
  /** Devices that were in a group, ascending. */
  people: Int32Array,
  freeRiders: ReadonlySet<number>,
  activity: Fifths,
): Omit<RewardFigures, "metric" | "scheme" | "division" | "judges" | "rounds" | "groups" | "coalitions"> {
  const honest = people.filter((user) => !freeRiders.has(user));
  const riders = people.filter((user) => freeRiders.has(user));
  const of = (users: Int32Array): Float64Array => Float64Array.from(users, (user) => values[user]!);
  const all = of(people);
  const correlation = rankCorrelation(
    of(honest),
    Float64Array.from(honest, (user) => activity.counts[user]!),
  );
  const byActivity = [0, 1, 2, 3, 4].flatMap((fifth) => {
    const members = honest.filter((user) => activity.group[user] === fifth);
    return members.length === 0 ? [] : [{ fifth: fifth + 1, people: members.length, mean: meanOf(of(members)) }];
  });
  return {
    people: people.length,
    total: all.reduce((sum, value) => sum + value, 0),
    distribution: quartilesOf(all),
    ratingsCorrelation: Number.isFinite(correlation) ? correlation : null,
    byActivity,
    ...(riders.length === 0 || honest.length === 0
      ? {}
      : {
          freeRiders: {
            people: riders.length,
            mean: meanOf(of(riders)),
            othersMean: meanOf(of(honest)),
            toldApart: shareBelow(of(riders), of(honest)),
          },
        }),
    bins: binsOf(of(honest), of(riders)),
  };
}

function quartilesOf(values: Float64Array): Quartiles {
  const sorted = values.slice().sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { least: at(0), lower: at(0.25), median: at(0.5), upper: at(0.75), most: at(1) };
}

function binsOf(honest: Float64Array, riders: Float64Array): RewardBin[] {
  const all = Float64Array.of(...honest, ...riders).sort();
  if (all.length === 0) return [];
  const low = all[0]!;
  const width = (all.at(-1)! - low) / binCount;
  const binOf = (value: number): number => (width === 0 ? 0 : Math.min(binCount - 1, Math.floor((value - low) / width)));
  return Array.from({ length: width === 0 ? 1 : binCount }, (_, bin) => ({
    from: low + bin * width,
    to: low + (bin + 1) * width,
    honest: honest.reduce((sum, value) => sum + (binOf(value) === bin ? 1 : 0), 0),
    freeRiders: riders.reduce((sum, value) => sum + (binOf(value) === bin ? 1 : 0), 0),
  }));
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
