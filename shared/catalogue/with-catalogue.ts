/**
 * A model whose items come and go, made of any model whose published vector and memory are items' rows throughout. Imports models' types, math.
 *
 * What is added: to a contribution, one value for each row, which counts whose device has the row's item; to the published vector, the phases of
 * the rows and the name of the catalogue (mark.ts); to the server's state, each row's age, count and silence. Counts travel in the contribution,
 * so whatever protects that protects them: no aggregator learns which items a person has.
 *
 * Guarantees: rows that are not live are zeros, in the published vector and in the server's state, whatever a contribution says of them; ratings
 * of their items train nothing, and none is drawn as a negative; their score is NaN, so that nothing recommends them. A live row moves as it
 * would in a table of live rows alone, and an optimizer's step count begins with the row (test/conformance/catalogue.test.ts).
 */
import { CofactorError } from "../errors.ts";
import type { UserRatings } from "../math/ratings.ts";
import { type Aggregate, type Model, type ModelState, sizeOf } from "../models/model.ts";
import type { Rng } from "../random.ts";
import { phase } from "./catalogue.ts";
import { type CatalogueMark, markSize, phaseValues, readMark, readPhases, writeMark, writePhases } from "./mark.ts";
import type { CatalogueTerms } from "./rules.ts";
import { clearRow, copyRow, rowTable } from "./tables.ts";

/** A published vector, opened. */
export interface OpenTable {
  readonly inner: unknown;
  /** [items] `phase` of each row. */
  readonly phases: Uint8Array;
  /** Rows that are not live, ascending. */
  readonly hidden: Int32Array;
}

/** Rows whose phase is due to change by what was counted; ascending. */
export interface Judgement {
  readonly expired: readonly number[];
  readonly admitted: readonly number[];
}

/** What a new version of the catalogue does to the table. */
export interface Placement {
  /** Rows that were given up, or given to a new item. */
  readonly cleared: Iterable<number>;
  readonly admitted: readonly number[];
  /** [items] phases from now on. */
  readonly phases: Uint8Array;
  readonly mark: CatalogueMark;
}

/** A model over a catalogue that changes. */
export interface CatalogueModel extends Model<OpenTable> {
  readonly items: number;
  /** The catalogue that a published vector names. @throws CofactorError MESSAGE_MALFORMED */
  markOf(shared: Float64Array): CatalogueMark;
  /** [items] @throws CofactorError MESSAGE_MALFORMED */
  phasesOf(shared: Float64Array): Uint8Array;
  /** What the counts up to this state say: whom to admit, whom to let go. */
  judge(state: ModelState): Judgement;
  /** The state under a new version: cleared rows are zeros, admitted ones are drawn as a model's first rows are. */
  place(state: ModelState, placement: Placement, rng: Rng): ModelState;
}

/**
 * Makes a model's items come and go.
 *
 * @param unit what a contribution says of a row that its device has: the greatest entry that the protection lets through, so that no device
 *   counts for more than one; a power of two, so that sums of it are exact
 * @throws CofactorError CONFIG_INVALID for a model that keeps more than rows of items, with the nearest sound choice
 */
export function withCatalogue(inner: Model, items: number, terms: CatalogueTerms, unit: number): CatalogueModel {
  if (inner.isJudgedAsTrained === true) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `"terms.catalogue" expected a model whose devices keep nothing of single items, got "${inner.kind}" with a table on every device: a reused row would inherit it; nearest: model fcf`,
    );
  }
  const { parameters } = inner;
  const table = rowTable(inner.kind, "published vector", parameters.shared, items);
  const memory = rowTable(inner.kind, "server's memory", parameters.state, items);
  const givenSize = sizeOf(parameters.contribution);
  const phasesEnd = table.size + phaseValues(items);
  const tally = (state: Float64Array) => ({
    ages: state.subarray(memory.size, memory.size + items),
    counts: state.subarray(memory.size + items, memory.size + 2 * items),
    silences: state.subarray(memory.size + 2 * items),
  });
  const phasesOf = (shared: Float64Array): Uint8Array => readPhases(shared.subarray(table.size, phasesEnd), items);

  /** The inner model's step, for all rows at once or by their age where a step's number matters to the memory that it goes with. */
  function advanceRows(current: ModelState, aggregate: Aggregate, phases: Uint8Array, ages: Float64Array, next: ModelState): void {
    const values = aggregate.values.subarray(0, givenSize);
    const rowsByAge = Map.groupBy(liveRows(phases), (row) => (memory.size > 0 ? ages[row]! : current.round));
    for (const [round, rows] of rowsByAge) {
      const shared = current.shared.subarray(0, table.size);
      const moved = inner.advance({ shared, state: current.state.subarray(0, memory.size), round }, { ...aggregate, values });
      for (const row of rows) {
        copyRow(table, row, moved.shared, next.shared);
        copyRow(memory, row, moved.state, next.state);
      }
    }
  }

  const { explain, itemVectors } = inner;
  return {
    kind: inner.kind,
    objective: inner.objective,
    items,
    parameters: {
      shared: [...parameters.shared, { name: "itemPhases", shape: [phaseValues(items)] }, { name: "catalogueMark", shape: [markSize] }],
      contribution: [...parameters.contribution, { name: "itemCounts", shape: [items, 1] }],
      state: [
        ...parameters.state,
        { name: "itemAges", shape: [items] },
        { name: "itemCounts", shape: [items] },
        { name: "itemSilences", shape: [items] },
      ],
    },
    initialize: () => ({
      shared: new Float64Array(phasesEnd + markSize),
      state: new Float64Array(memory.size + 3 * items),
      round: 0,
    }),
    markOf: (shared) => readMark(shared.subarray(phasesEnd)),
    phasesOf,
    open(shared) {
      const phases = phasesOf(shared);
      const hidden: number[] = [];
      for (let row = 0; row < items; row++) if (phases[row] !== phase.live) hidden.push(row);
      return { inner: inner.open(shared.subarray(0, table.size), items - hidden.length), phases, hidden: Int32Array.from(hidden) };
    },
    createPrivate: (ratings, rng) => inner.createPrivate(ratings, rng),
    fit: (shared, initial, ratings, rng) => inner.fit(shared.inner, initial, liveRatings(shared, ratings), rng),
    contribute(shared, initial, ratings, rng, out) {
      const contribution = inner.contribute(shared.inner, initial, liveRatings(shared, ratings), rng, out.subarray(0, givenSize));
      out.fill(0, givenSize);
      for (const row of ratings.items) if (shared.phases[row] !== phase.free) out[givenSize + row] = unit;
      return contribution;
    },
    advance(current, aggregate) {
      const next = { shared: current.shared.slice(), state: current.state.slice(), round: current.round + 1 };
      const phases = phasesOf(current.shared);
      const { ages, counts, silences } = tally(next.state);
      advanceRows(current, aggregate, phases, ages, next);
      for (let row = 0; row < items; row++) {
        if (phases[row] === phase.free) continue;
        // Nobody counts for more than one where ranges hold; where contributions are not bounded, all together for no more than there are.
        const count = Math.min(aggregate.count, Math.max(0, Math.round(aggregate.values[givenSize + row]! / unit)));
        counts[row] = terms.decay * counts[row]! + count;
        silences[row] = count >= terms.keepCount ? 0 : silences[row]! + 1;
        if (phases[row] === phase.live) ages[row] = ages[row]! + 1;
      }
      return next;
    },
    judge({ shared, state }) {
      const phases = phasesOf(shared);
      const { counts, silences } = tally(state);
      const patience = terms.expireAfterRounds ?? Number.POSITIVE_INFINITY;
      const expired: number[] = [];
      const admitted: number[] = [];
      for (let row = 0; row < items; row++) {
        if (phases[row] === phase.candidate && counts[row]! >= terms.minCount) admitted.push(row);
        else if (phases[row] !== phase.free && silences[row]! >= patience) expired.push(row);
      }
      return { expired, admitted };
    },
    place(state, { cleared, admitted, phases, mark }, rng) {
      const next = { shared: state.shared.slice(), state: state.state.slice(), round: state.round };
      const { ages, counts, silences } = tally(next.state);
      for (const row of cleared) {
        clearRow(table, row, next.shared);
        clearRow(memory, row, next.state);
        for (const column of [ages, counts, silences]) column[row] = 0;
      }
      if (admitted.length > 0) {
        const fresh = inner.initialize(rng);
        for (const row of admitted) {
          copyRow(table, row, fresh.shared, next.shared);
          copyRow(memory, row, fresh.state, next.state);
        }
      }
      writePhases(phases, next.shared.subarray(table.size, phasesEnd));
      writeMark(mark, next.shared.subarray(phasesEnd));
      return next;
    },
    score(shared, own, out, chosen) {
      inner.score(shared.inner, own, out, chosen);
      const length = chosen?.length ?? items;
      for (let at = 0; at < length; at++) if (shared.phases[chosen?.[at] ?? at] !== phase.live) out[at] = Number.NaN;
    },
    ...(itemVectors === undefined ? {} : { itemVectors: (shared: OpenTable) => itemVectors(shared.inner) }),
    ...(explain === undefined ? {} : { explain: explainLive(explain) }),
  };
}

/** What a model says of a score, about live rows: ratings of others have no part in it, and a row that is not live has no score to explain. */
function explainLive(explain: NonNullable<Model["explain"]>): NonNullable<Model<OpenTable>["explain"]> {
  return (shared, ratings, item, out) => {
    const live = liveRatings(shared, ratings);
    const shares = new Float64Array(live.items.length);
    const base = explain(shared.inner, live, item, shares);
    for (let place = 0, at = 0; place < ratings.items.length; place++) {
      out[place] = shared.phases[ratings.items[place]!] === phase.live ? shares[at++]! : 0;
    }
    return shared.phases[item] === phase.live ? base : Number.NaN;
  };
}

function liveRows(phases: Uint8Array): number[] {
  const rows: number[] = [];
  for (let row = 0; row < phases.length; row++) if (phases[row] === phase.live) rows.push(row);
  return rows;
}

/** The ratings of live rows; rows that are not live are never drawn as negatives. */
function liveRatings({ phases, hidden }: OpenTable, ratings: UserRatings): UserRatings {
  if (hidden.length === 0) return ratings;
  const places: number[] = [];
  for (let place = 0; place < ratings.items.length; place++) if (phases[ratings.items[place]!] === phase.live) places.push(place);
  const { withheld } = ratings;
  return {
    items: Int32Array.from(places, (place) => ratings.items[place]!),
    values: Float64Array.from(places, (place) => ratings.values[place]!),
    withheld: withheld === undefined ? hidden : Int32Array.from(new Set([...hidden, ...withheld])).sort(),
  };
}
