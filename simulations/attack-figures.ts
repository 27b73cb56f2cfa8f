/** What an attack came to: what its devices got in, and how many honest people are shown what it pushes. Imports the cast, evaluation. */
import { hitRateAt, rankAmongAll } from "../shared/math/metrics.ts";
import { contains, type RatingMatrix, ratingsOf, type UserRatings } from "../shared/math/ratings.ts";
import type { Adversary } from "./adversaries/adversary.ts";
import { adversaries as definitions } from "./adversaries/index.ts";
import type { PartTally } from "./attack-tally.ts";
import type { Cast } from "./cast.ts";
import type { ScoresFor } from "./evaluate.ts";

/** One part of the cast, in a result. */
export interface AttackResult extends PartTally {
  readonly kind: string;
  /** Devices that played it. */
  readonly count: number;
  /** Of all that take part. */
  readonly share: number;
  readonly options: Readonly<Record<string, unknown>>;
  readonly source: string;
  /** Where it has target items. */
  readonly success?: AttackSuccess;
}

/** Exposure ratios "er@10": of the honest people who have not rated a target, how many have it among their first ten, of all items but those rated. */
export interface AttackSuccess {
  readonly targets: readonly number[];
  readonly "er@10": number;
  /** Of the baselines that score everyone, by everyone's true ratings: what it is without the attack. */
  readonly baselines: Readonly<Record<string, number>>;
  /** Once they carry the signal, where the attack plants one. */
  readonly "er@10 with signal"?: number;
  /** What the source predicts. */
  readonly predicted?: Readonly<Record<string, number>>;
}

/** What exposure is measured by. */
export interface ExposureInput {
  readonly training: RatingMatrix;
  /** [n] the honest. */
  readonly judged: Int32Array;
  readonly scoresFor: ScoresFor;
  readonly baselines: ReadonlyMap<string, ScoresFor>;
  /** Scores of people by other ratings than those of training. */
  scoresBy(ratings: RatingMatrix): ScoresFor;
}

/** Figures by part. */
export function attackFigures(cast: Cast, tallies: readonly PartTally[], input: ExposureInput): AttackResult[] {
  const { sections, roleOf, participants } = cast.roles;
  return sections.map((section, role) => {
    const { kind, fraction: _fraction, count: _count, ...options } = section;
    const count = roleOf.reduce((sum, other) => sum + (other === role ? 1 : 0), 0);
    const adversary = cast.adversaries[role]!;
    const source = definitions.find((definition) => definition.kind === kind)!.source;
    const share = count / participants;
    const success = adversary.targets === undefined ? {} : { success: successOf(adversary, adversary.targets, share, input) };
    return { kind, count, share, options, source, ...tallies[role]!, ...success };
  });
}

function successOf(adversary: Adversary, targets: Int32Array, share: number, input: ExposureInput): AttackSuccess {
  const { training, judged, scoresFor, baselines, scoresBy } = input;
  const honest = Array.from(judged, (user) => ratingsOf(training, user));
  const planted = adversary.plant === undefined ? undefined : plantedRatings(training, judged, (own) => adversary.plant!(own));
  return {
    targets: [...targets],
    "er@10": exposureOf(targets, training, judged, scoresFor),
    baselines: Object.fromEntries([...baselines].map(([name, scores]) => [name, exposureOf(targets, training, judged, scores)])),
    ...(planted === undefined ? {} : { "er@10 with signal": exposureOf(targets, planted, judged, scoresBy(planted)) }),
    ...(adversary.predict === undefined ? {} : { predicted: adversary.predict(honest, share) }),
  };
}

/**
 * Of the people who have not rated a target, the share that has it among their first ten; the mean over the targets. NaN where everyone has rated them.
 * Ties count by expectation.
 */
export function exposureOf(targets: Int32Array, ratings: RatingMatrix, users: Int32Array, scoresFor: ScoresFor): number {
  const scores = new Float64Array(ratings.items);
  const excluded = new Uint8Array(ratings.items);
  let shown = 0;
  let people = 0;
  for (const user of users) {
    const { items } = ratingsOf(ratings, user);
    const open = targets.filter((target) => !contains(items, target));
    if (open.length === 0) continue;
    scoresFor(user, scores);
    for (const item of items) excluded[item] = 1;
    for (const target of open) shown += hitRateAt(10, rankAmongAll(scores, Int32Array.of(target), excluded));
    for (const item of items) excluded[item] = 0;
    people += open.length;
  }
  return people === 0 ? Number.NaN : shown / people;
}

/** The matrix with other ratings of some people. @param users ascending */
function plantedRatings(matrix: RatingMatrix, users: Int32Array, plant: (own: UserRatings) => UserRatings): RatingMatrix {
  const changed = new Set(users);
  const rows = Array.from({ length: matrix.users }, (_, user) => {
    const own = ratingsOf(matrix, user);
    return changed.has(user) ? plant(own) : own;
  });
  const rowStart = new Int32Array(matrix.users + 1);
  for (const [user, { items }] of rows.entries()) rowStart[user + 1] = rowStart[user]! + items.length;
  const itemIndex = new Int32Array(rowStart[matrix.users]!);
  const values = new Float64Array(itemIndex.length);
  for (const [user, row] of rows.entries()) {
    itemIndex.set(row.items, rowStart[user]!);
    values.set(row.values, rowStart[user]!);
  }
  return { users: matrix.users, items: matrix.items, rowStart, itemIndex, values };
}
