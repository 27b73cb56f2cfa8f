/** Quality by fifths: of the items by how often they were rated, of the people by how much they rated. Imports evaluate, shared. */
import type { RatingMatrix } from "../shared/math/ratings.ts";
import { type PeopleEvaluation, summarize } from "./evaluate.ts";

/** Which fifth each item or person belongs to. */
export interface Fifths {
  /** [n] how many training ratings each has. */
  readonly counts: Int32Array;
  /** [n] 0, those with the fewest, to 4. */
  readonly group: Uint8Array;
}

/** A fifth's figures on test. Fifths that nobody is judged in are left out. */
export interface FifthFigures {
  /** From 1, those with the fewest training ratings, to 5. */
  readonly fifth: number;
  /** The fewest and the most training ratings of its items or people. */
  readonly ratings: readonly [number, number];
  /** How many items, or people, it has. */
  readonly size: number;
  /** People judged in it, and how many held-out ratings they are judged by. */
  readonly users: number;
  readonly heldOut: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the baselines that score everyone. */
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Quality by fifths. */
export interface FigureGroups {
  /** Each person is judged by the held-out items of the fifth alone, ranked among all candidates. */
  readonly itemPopularity: readonly FifthFigures[];
  readonly userActivity: readonly FifthFigures[];
}

/**
 * Fifths by a count, ascending. Who has the same count is in the same fifth, so that they differ in size where many tie.
 *
 * @example fifthsOf(Int32Array.of(9, 1, 5, 7, 3)).group // [4, 0, 2, 3, 1]
 */
export function fifthsOf(counts: Int32Array): Fifths {
  const sorted = Int32Array.from(counts).sort();
  const group = new Map<number, number>();
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (sorted[to] === sorted[from]) to++;
    // The middle of those that tie decides.
    group.set(sorted[from]!, Math.floor((5 * (from + to)) / 2 / sorted.length));
    from = to;
  }
  return { counts, group: Uint8Array.from(counts, (count) => group.get(count)!) };
}

/** Fifths of the items by popularity, and of the people by activity, in training. */
export function trainingFifths({ users, items, rowStart, itemIndex }: RatingMatrix): { readonly items: Fifths; readonly users: Fifths } {
  const counts = new Int32Array(items);
  for (const item of itemIndex) counts[item]!++;
  return {
    items: fifthsOf(counts),
    users: fifthsOf(Int32Array.from({ length: users }, (_, user) => rowStart[user + 1]! - rowStart[user]!)),
  };
}

/** The figures of a model and of its baselines, each evaluated with the items' fifths as `itemGroups`. */
export function figuresByFifth(
  fifths: { readonly items: Fifths; readonly users: Fifths },
  model: PeopleEvaluation,
  baselines: ReadonlyMap<string, PeopleEvaluation>,
): FigureGroups {
  const none: PeopleEvaluation = { ...model, users: new Int32Array(0), heldOut: new Int32Array(0) };
  return {
    itemPopularity: figures(fifths.items, model, baselines, (people, fifth) => people.byItemGroup[fifth] ?? none),
    userActivity: figures(
      fifths.users,
      model,
      baselines,
      (people) => people,
      ({ group }, fifth) =>
        (user) =>
          group[user] === fifth,
    ),
  };
}

function figures(
  fifths: Fifths,
  model: PeopleEvaluation,
  baselines: ReadonlyMap<string, PeopleEvaluation>,
  partOf: (people: PeopleEvaluation, fifth: number) => PeopleEvaluation,
  memberOf: (fifths: Fifths, fifth: number) => (user: number) => boolean = () => () => true,
): FifthFigures[] {
  return [0, 1, 2, 3, 4].flatMap((fifth) => {
    const isMember = memberOf(fifths, fifth);
    const people = partOf(model, fifth);
    const { metrics, users } = summarize(people, isMember);
    if (users === 0) return [];
    const counts = fifths.counts.filter((_, at) => fifths.group[at] === fifth);
    const compared = [...baselines].map(([name, baseline]) => [name, summarize(partOf(baseline, fifth), isMember).metrics] as const);
    return {
      fifth: fifth + 1,
      ratings: [counts.reduce((a, b) => Math.min(a, b)), counts.reduce((a, b) => Math.max(a, b))] as const,
      size: counts.length,
      users,
      heldOut: people.heldOut.reduce((sum, count, at) => sum + (isMember(people.users[at]!) ? count : 0), 0),
      metrics,
      baselines: Object.fromEntries(compared),
    };
  });
}
