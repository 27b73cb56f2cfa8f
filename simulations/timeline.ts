/**
 * Items that come and go over a simulated run: the data's time, mapped onto rounds, orders them; the catalogue and the table follow as on a
 * deployed server. Imports shared.
 */
import { type Catalogue, encodeCatalogue, phase } from "../shared/catalogue/catalogue.ts";
import { isItemId } from "../shared/catalogue/item-id.ts";
import { beginCatalogue, type CatalogueSetting, type CatalogueStep, type ItemOrder, stepCatalogue } from "../shared/catalogue/step.ts";
import { CofactorError } from "../shared/errors.ts";
import type { ModelState } from "../shared/models/model.ts";
import { createRng } from "../shared/random.ts";
import type { Prepared } from "./prepare.ts";

/** A version of the catalogue, in numbers. */
export interface CatalogueFigures {
  readonly version: number;
  readonly live: number;
  readonly candidates: number;
  /** Ordered items that wait for a free row. */
  readonly waiting: number;
  /** Bytes of the delta that a device needs to follow. */
  readonly deltaBytes: number;
}

type Orders = readonly (Omit<ItemOrder, "seq"> & { readonly round: number })[];

/** The catalogue of a simulated run. */
export class Timeline {
  readonly #setting: CatalogueSetting;
  readonly #ids: readonly string[];
  /** What is ordered, and before which round; rounds ascend. */
  readonly #orders: Orders;
  #catalogue: Catalogue;
  #waiting: readonly ItemOrder[] = [];
  /** How many of the orders were given. */
  #given = 0;
  #deltaBytes = 0;
  #rowOf: Int32Array;

  private constructor(setting: CatalogueSetting, ids: readonly string[], orders: Orders, catalogue: Catalogue) {
    this.#setting = setting;
    this.#ids = ids;
    this.#orders = orders;
    this.#catalogue = catalogue;
    this.#rowOf = new Int32Array(ids.length).fill(-1);
  }

  /** The catalogue before the first round, and the model's state with it. */
  static async begin(prepared: Prepared, setting: CatalogueSetting): Promise<{ readonly timeline: Timeline; readonly state: ModelState }> {
    const { dataset, scenario } = prepared;
    const ids = dataset.itemIds;
    if (!ids.every(isItemId)) throw new CofactorError("CONFIG_INVALID", '"catalogue" expected data whose items have short names');
    const isKnown = scenario.catalogue?.arrival === "at-start";
    const begun = await beginCatalogue(setting, isKnown ? ids.slice(0, setting.model.items) : [], createRng(scenario.seed, "model"));
    const timeline = new Timeline(setting, ids, ordersOf(prepared), begun.catalogue);
    return { timeline, state: await timeline.#follow(begun, 1) };
  }

  /** The table behind a published round: what it counted, and what is ordered before the next one. */
  async advance(state: ModelState, round: number): Promise<ModelState> {
    return this.#follow({ catalogue: this.#catalogue, state, delta: undefined, taken: [] }, round + 1);
  }

  /** [items of the data] the row of each; -1 where it has none. */
  get rowOf(): Int32Array {
    return this.#rowOf;
  }

  get figures(): CatalogueFigures {
    const count = (wanted: number): number => this.#catalogue.phases.reduce((total, each) => total + (each === wanted ? 1 : 0), 0);
    return {
      version: this.#catalogue.version,
      live: count(phase.live),
      candidates: count(phase.candidate),
      waiting: this.#waiting.length,
      deltaBytes: this.#deltaBytes,
    };
  }

  /** Bytes of the whole catalogue, for a device that comes anew. */
  get wholeBytes(): number {
    return encodeCatalogue(this.#catalogue).length;
  }

  async #follow({ state, delta }: CatalogueStep, round: number): Promise<ModelState> {
    const orders = [...this.#waiting];
    // Abandoned rounds order nothing: what was due then comes with the next.
    for (let order = this.#orders[this.#given]; order !== undefined && order.round <= round; order = this.#orders[this.#given]) {
      orders.push({ kind: order.kind, id: order.id, seq: this.#given++ });
    }
    const step = await stepCatalogue(this.#setting, this.#catalogue, state, orders);
    const taken = new Set(step.taken);
    this.#waiting = orders.filter(({ seq }) => !taken.has(seq));
    this.#catalogue = step.catalogue;
    this.#deltaBytes = (delta?.length ?? 0) + (step.delta?.length ?? 0);
    this.#rowOf = Int32Array.from(this.#ids, (id) => step.catalogue.rows.get(id) ?? -1);
    return step.state;
  }
}

/** What the data's time orders: from training ratings alone. */
function ordersOf({ dataset, split, scenario }: Prepared): Orders {
  const { arrival, departure, span, capacity = Number.POSITIVE_INFINITY } = scenario.catalogue!;
  const isTimed = arrival === "first-rating";
  const { matrix, itemIds } = dataset;
  const { training } = split;
  if (matrix.times === undefined && (isTimed || departure === "last-rating")) {
    throw new CofactorError("CONFIG_INVALID", '"catalogue" expected data with times, or arrival at-start and departure never');
  }
  const times = matrix.times ?? new Float64Array(matrix.values.length);
  const first = new Float64Array(matrix.items).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(matrix.items).fill(Number.NEGATIVE_INFINITY);
  const known: number[] = [];
  for (let user = 0; user < matrix.users; user++) {
    let at = training.rowStart[user]!;
    const end = training.rowStart[user + 1]!;
    for (let cell = matrix.rowStart[user]!; cell < matrix.rowStart[user + 1]! && at < end; cell++) {
      const item = matrix.itemIndex[cell]!;
      if (item !== training.itemIndex[at]) continue;
      at += 1;
      known.push(times[cell]!);
      first[item] = Math.min(first[item]!, times[cell]!);
      last[item] = Math.max(last[item]!, times[cell]!);
    }
  }
  const sorted = Float64Array.from(known).sort();
  const spanned = Math.max(1, Math.round(span * scenario.rounds));
  /** The round that a time falls into: each holds as many ratings. */
  const roundOf = (time: number): number => 1 + Math.min(spanned - 1, Math.floor((spanned * countBelow(sorted, time)) / sorted.length));
  const orders = itemIds.flatMap((id, item) => {
    if (first[item] === Number.POSITIVE_INFINITY) return [];
    // Where all are known from the start, those that find no row then wait for one.
    const comes = { round: isTimed ? roundOf(first[item]!) : 1, kind: "add" as const, id };
    const goes = { round: roundOf(last[item]!) + 1, kind: "remove" as const, id };
    return [...(isTimed || item >= capacity ? [comes] : []), ...(departure === "last-rating" && goes.round <= spanned ? [goes] : [])];
  });
  return orders.sort((a, b) => a.round - b.round);
}

/** How many of an ascending list lie below a value. */
function countBelow(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
