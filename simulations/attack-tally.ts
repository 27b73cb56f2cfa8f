/** What became of the answers of devices that are not honest. Imports the cast. */
import type { Cast } from "./cast.ts";

/** Of the devices of one part, counted over rounds. */
export interface PartTally {
  /** Times that one of them was asked. */
  readonly asked: number;
  /** Contributions that are in a published sum. */
  readonly accepted: number;
  /** Lost, or later than the deadline. */
  readonly dropped: number;
  /** By code: what they were refused with, by the aggregator or by the device's own half of the protection. */
  readonly refused: Readonly<Record<string, number>>;
}

/** How a round went for those who were asked. */
export interface RoundFates {
  readonly asked: Iterable<number>;
  readonly contributors: Iterable<number>;
  readonly lost: Iterable<number>;
  readonly refused: ReadonlyMap<number, string>;
}

/** A round's counts, by part. */
export function tallyOf({ roles, adversaries }: Cast, { asked, contributors, lost, refused }: RoundFates): PartTally[] {
  const tallies = adversaries.map(() => ({ asked: 0, accepted: 0, dropped: 0, refused: {} as Record<string, number> }));
  const partOf = (user: number) => tallies[roles.roleOf[user]!];
  for (const user of asked) countIn(partOf(user), "asked");
  for (const user of contributors) countIn(partOf(user), "accepted");
  for (const user of lost) countIn(partOf(user), "dropped");
  for (const [user, code] of refused) {
    const part = partOf(user);
    if (part !== undefined) part.refused[code] = (part.refused[code] ?? 0) + 1;
  }
  return tallies;
}

function countIn(part: { asked: number; accepted: number; dropped: number } | undefined, key: "asked" | "accepted" | "dropped"): void {
  if (part !== undefined) part[key] += 1;
}

/** Both, by part. */
export function addTallies(a: readonly PartTally[], b: readonly PartTally[]): PartTally[] {
  return a.map((part, role) => {
    const other = b[role]!;
    const refused: Record<string, number> = { ...part.refused };
    for (const [code, count] of Object.entries(other.refused)) refused[code] = (refused[code] ?? 0) + count;
    return {
      asked: part.asked + other.asked,
      accepted: part.accepted + other.accepted,
      dropped: part.dropped + other.dropped,
      refused,
    };
  });
}
