/**
 * A model whose devices take part when something has changed, made of any model whose step is a sum of people's statistics. Imports errors, math,
 * models' types.
 *
 * The server's state keeps S, the sum of everyone's latest statistics, and n, how many people they are of; neither is published. A device sends its
 * statistics less those of it that S holds; it keeps the factors and ratings of its last contribution that was counted, of which the statistics are
 * computed again bit for bit. `advance` adds the cohort's sum to S and lets the inner model solve from S and n.
 *
 * Guarantees, with decay 1: statistics are rounded to the run's fixed-point steps, and clamped, before they are subtracted. Differences and S are
 * whole numbers of steps, which doubles and every protection add exactly while |S| stays below 2^53 steps: after any number of rounds S is, bit for
 * bit, the sum of everyone's latest rounded statistics. It lies within n 2^-(fractionBits + 1) of the unrounded sum, as in a round of everyone.
 *
 * With decay d below 1, behind advance t: S = sum over people of d^(t - c) times their latest statistics, and n = sum of d^(t - c), where c is the
 * advance that counted them. A returning device subtracts d^(t - c) times its last ones. What is sent is rounded, so that a person's part of S is off
 * by at most 2^-(fractionBits + 1) / (1 - d) in each entry, and whatever somebody is off by fades as they do.
 *
 * Whoever has no ratings is not in S: a device whose ratings are all gone takes out what S holds of it, with decay 1 bit for bit, and is as one that
 * never took part. The others' latest statistics still come of item factors that it had a part in, until they contribute again.
 *
 * Layouts: published vector, the inner one and the number of advances; contribution, the inner one and one value that counts people; state, the
 * inner one, S, n. Private part: [advance that counted it or -1, length of the inner part, its values, items, ratings].
 */
import { CofactorError } from "../errors.ts";
import type { UserRatings } from "../math/ratings.ts";
import { type ContributionRange, type Model, sizeOf } from "./model.ts";
import { PrivatePart } from "./private-part.ts";
import type { TemporalTerms } from "./temporal-terms.ts";

/** A published vector, opened. */
export interface OpenTemporal {
  readonly inner: unknown;
  /** How many times the model had advanced when it was published. */
  readonly advances: number;
}

/** What makes a run's model temporal, as one part that is loaded when terms say so. */
export interface TemporalSupport {
  readonly withTemporal: typeof withTemporal;
}

/** What a device last contributed that was counted. */
interface Standing {
  /** The advance that counted it; -1 where none has. */
  readonly countedAt: number;
  readonly own: PrivatePart;
  readonly ratings: UserRatings;
}

/**
 * Makes a model's devices contribute differences.
 *
 * @param range of the whole wire value: a statistic gets half of it, so that the difference of two fits
 * @throws CofactorError CONFIG_INVALID for a model whose step is no sum of statistics, or a range that cannot count a person
 */
export function withTemporal(inner: Model, terms: TemporalTerms, { maxAbs, fractionBits }: ContributionRange): Model<OpenTemporal> {
  const { statistics } = inner;
  if (statistics === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.temporal" expected a model whose step is a sum of people's statistics, got "${inner.kind}" under these options: its steps depend on where the model stands, so that an old contribution says nothing later; nearest: ${inner.objective === "rating" ? "model als without noised, or nmf" : "model implicit-als without noised"}`,
    );
  }
  if (maxAbs < 2 || fractionBits < 0) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.range" expected maxAbs of at least 2 and whole numbers among its steps beside "terms.temporal"`,
    );
  }
  const { parameters } = inner;
  const { decay, driftTolerance, trainingRounds } = terms;
  const sharedSize = sizeOf(parameters.shared);
  const stateSize = sizeOf(parameters.state);
  const size = sizeOf(parameters.contribution);
  const greatest = maxAbs / 2;
  const scale = 2 ** fractionBits;
  const step = 2 ** -fractionBits;
  const before = new Float64Array(size);

  /** To whole steps, halves away from zero, as fixed-point protections do; what is not finite stays. */
  const rounded = (value: number): number => (value < 0 ? -Math.round(-value * scale) : Math.round(value * scale)) * step;
  const bounded = (value: number): number => rounded(value > greatest ? greatest : value < -greatest ? -greatest : value);

  const { explain, itemVectors } = inner;
  return {
    kind: inner.kind,
    objective: inner.objective,
    isCumulative: true,
    parameters: {
      shared: [...parameters.shared, { name: "advances", shape: [1] }],
      contribution: [...parameters.contribution, { name: "people", shape: [1] }],
      state: [
        ...parameters.state,
        ...parameters.contribution.map(({ name, shape }) => ({ name: `latest:${name}`, shape })),
        { name: "latest:people", shape: [1] },
      ],
    },
    initialize(rng) {
      const initial = inner.initialize(rng);
      const shared = new Float64Array(sharedSize + 1);
      const state = new Float64Array(stateSize + size + 1);
      shared.set(initial.shared);
      state.set(initial.state);
      return { shared, state, round: 0 };
    },
    open: (shared, held) => ({ inner: inner.open(shared.subarray(0, sharedSize), held), advances: shared[sharedSize]! }),
    createPrivate: (ratings, rng) => pack(-1, inner.createPrivate(ratings, rng), nobody),
    fit: (shared, initial, ratings, rng) => pack(-1, inner.fit(shared.inner, unpack(initial).own, ratings, rng), nobody),
    contribute(shared, initial, ratings, rng, out) {
      const { countedAt, own, ratings: earlier } = unpack(initial);
      const values = out.subarray(0, size);
      if (ratings.items.length === 0) {
        out.fill(0);
        if (countedAt >= 0) {
          const left = decay ** (shared.advances + 1 - countedAt);
          statistics(own, earlier, before);
          for (let at = 0; at < size; at++) values[at] = rounded(-left * bounded(before[at]!));
          out[size] = rounded(-left);
        }
        return { weight: 1, private: pack(-1, inner.createPrivate(ratings, rng), nobody) };
      }
      const { weight, private: next } = inner.contribute(shared.inner, own, ratings, rng, values);
      for (let at = 0; at < size; at++) values[at] = bounded(values[at]!);
      out[size] = 1;
      if (countedAt >= 0) {
        // The advance that this contribution is for comes before it is added.
        const left = decay ** (shared.advances + 1 - countedAt);
        statistics(own, earlier, before);
        for (let at = 0; at < size; at++) values[at] = rounded(values[at]! - left * bounded(before[at]!));
        out[size] = rounded(1 - left);
      }
      return { weight, private: pack(shared.advances + 1, next, ratings) };
    },
    isDue(own, ratings, shared, rng) {
      const standing = unpack(own);
      if (standing.countedAt < 0) return ratings.items.length > 0;
      if (!areSame(standing.ratings, ratings)) return true;
      if (driftTolerance === "any" && standing.countedAt >= trainingRounds) return false;
      if (shared === undefined) return undefined;
      if (shared.advances < trainingRounds) return true;
      if (driftTolerance === "any") return false;
      const now = inner.fit(shared.inner, standing.own, ratings, rng).values;
      let moved = 0;
      let length = 0;
      for (let at = 0; at < now.length; at++) {
        moved += (now[at]! - standing.own.values[at]!) ** 2;
        length += standing.own.values[at]! ** 2;
      }
      return moved > driftTolerance ** 2 * length;
    },
    advance(current, { values, count }) {
      const state = current.state.slice();
      const sum = state.subarray(stateSize);
      for (let at = 0; at <= size; at++) sum[at] = decay * sum[at]! + values[at]!;
      // What devices say of themselves is bounded by what they are: no more people than contributed can come in a round.
      sum[size] = Math.max(0, Math.min(sum[size]!, decay * current.state[stateSize + size]! + count));
      const before = { shared: current.shared.subarray(0, sharedSize), state: current.state.subarray(0, stateSize), round: current.round };
      const moved = inner.advance(before, { values: sum.slice(0, size), count: Math.max(1, sum[size]!) });
      const shared = new Float64Array(sharedSize + 1);
      shared.set(moved.shared);
      shared[sharedSize] = moved.round;
      state.set(moved.state);
      return { shared, state, round: moved.round };
    },
    score: (shared, own, out, chosen) => inner.score(shared.inner, unpack(own).own, out, chosen),
    ...(itemVectors === undefined ? {} : { itemVectors: (shared: OpenTemporal) => itemVectors(shared.inner) }),
    ...(explain === undefined
      ? {}
      : {
          explain: (shared: OpenTemporal, ratings: UserRatings, item: number, out: Float64Array) =>
            explain(shared.inner, ratings, item, out),
        }),
  };
}

/** The support itself. */
export const temporalSupport: TemporalSupport = Object.freeze({ withTemporal });

const nobody: UserRatings = { items: new Int32Array(0), values: new Float64Array(0) };

function pack(countedAt: number, own: PrivatePart, { items, values }: UserRatings): PrivatePart {
  const length = own.values.length;
  const packed = new Float64Array(2 + length + 2 * items.length);
  packed[0] = countedAt;
  packed[1] = length;
  packed.set(own.values, 2);
  packed.set(items, 2 + length);
  packed.set(values, 2 + length + items.length);
  return new PrivatePart(packed);
}

/** Views where types allow. */
function unpack({ values: packed }: PrivatePart): Standing {
  const length = packed[1]!;
  const count = (packed.length - 2 - length) / 2;
  const from = 2 + length;
  return {
    countedAt: packed[0]!,
    own: new PrivatePart(packed.subarray(2, from)),
    ratings: { items: Int32Array.from(packed.subarray(from, from + count)), values: packed.subarray(from + count) },
  };
}

/** Whether both are the same ratings in the same order: another order is no change of statistics, and costs a needless round at most. */
function areSame(a: UserRatings, b: UserRatings): boolean {
  if (a.items.length !== b.items.length) return false;
  for (let at = 0; at < a.items.length; at++) if (a.items[at] !== b.items[at] || a.values[at] !== b.values[at]) return false;
  return true;
}
