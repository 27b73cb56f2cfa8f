/**
 * From one published model to the next: what was counted and what the operator ordered become one delta of the catalogue, and the model's table
 * follows in the same step. Deployed and simulated rounds both come through here. Imports catalogue, with-catalogue, random, wire.
 */
import type { ModelState } from "../models/model.ts";
import { createRng, type Rng } from "../random.ts";
import { type Precision, toPrecision } from "../wire/model-codec.ts";
import { applyDelta, type Catalogue, type CatalogueDelta, emptyCatalogue, encodeDelta, phase } from "./catalogue.ts";
import { markOf } from "./mark.ts";
import type { CatalogueModel, Judgement } from "./with-catalogue.ts";

/** What an operator wants of an item. */
export interface ItemOrder {
  /** Ascending in the order in which orders came. */
  readonly seq: number;
  readonly kind: "add" | "remove";
  readonly id: string;
}

/** What of a run its catalogue goes by. */
export interface CatalogueSetting {
  readonly model: CatalogueModel;
  /** Names the run. */
  readonly label: string;
  /** Of published models. */
  readonly precision: Precision;
}

/** A catalogue and the model that names it. */
export interface CatalogueStep {
  readonly catalogue: Catalogue;
  readonly state: ModelState;
  /** Bytes of the delta that led here; undefined when nothing changed. */
  readonly delta: Uint8Array | undefined;
  /** `seq` of the orders that are done with. The others wait for a free row. */
  readonly taken: readonly number[];
}

/**
 * The start of a run: the items known beforehand are live at once, in rows 0 and on, in the order given; equal ones once.
 *
 * @param ids at most as many as the table has rows; the caller checks them
 */
export async function beginCatalogue(setting: CatalogueSetting, ids: readonly string[], rng: Rng): Promise<CatalogueStep> {
  const { model, label } = setting;
  const empty = await emptyCatalogue(model.items, label);
  const known = [...new Set(ids)];
  const rows = [...known.keys()];
  return change(setting, empty, model.initialize(rng), { expired: [], arrived: rows, ids: known, admitted: rows }, [], rng);
}

/**
 * The catalogue and model behind a round: items that nobody counts any more go, then those that the operator removes; ordered ones take the
 * lowest free rows, in the order in which they were ordered; candidates that were counted often enough are admitted.
 *
 * Guarantees: depends on its arguments alone, and draws new rows from public facts; an order to add waits while no row is free; the last order about an item
 * counts; to remove and add it again makes it new.
 * @param state as the model's own step left it, which still names `current`
 */
export async function stepCatalogue(
  setting: CatalogueSetting,
  current: Catalogue,
  state: ModelState,
  orders: readonly ItemOrder[],
): Promise<CatalogueStep> {
  const { changes, taken } = planChanges(current, setting.model.judge(state), orders);
  // What a new row is drawn from is no secret: the row is published.
  return change(setting, current, state, changes, taken, createRng(0, "catalogue", setting.label, current.version));
}

type Changes = Omit<CatalogueDelta, "version">;

/** What is to be done; pure. */
export function planChanges(
  current: Catalogue,
  { expired, admitted }: Judgement,
  orders: readonly ItemOrder[],
): { readonly changes: Changes; readonly taken: readonly number[] } {
  const freed = new Set(expired);
  /** Items to add, with the order that says so. */
  const wanted = new Map<string, number>();
  const waiting = new Set<number>();
  for (const { kind, id, seq } of orders) {
    wanted.delete(id);
    if (kind === "add") wanted.set(id, seq);
    else if (current.rows.has(id)) freed.add(current.rows.get(id)!);
  }
  const arrived: number[] = [];
  const ids: string[] = [];
  let row = 0;
  for (const [id, seq] of wanted) {
    const own = current.rows.get(id);
    if (own !== undefined && !freed.has(own)) continue;
    while (row < current.items && current.phases[row] !== phase.free && !freed.has(row)) row++;
    if (row === current.items) {
      waiting.add(seq);
      continue;
    }
    arrived.push(row++);
    ids.push(id);
  }
  return {
    changes: { expired: [...freed].sort((a, b) => a - b), arrived, ids, admitted: admitted.filter((candidate) => !freed.has(candidate)) },
    taken: orders.filter(({ seq }) => !waiting.has(seq)).map(({ seq }) => seq),
  };
}

async function change(
  { model, precision }: CatalogueSetting,
  current: Catalogue,
  state: ModelState,
  changes: Changes,
  taken: readonly number[],
  rng: Rng,
): Promise<CatalogueStep> {
  const isSame = changes.expired.length + changes.arrived.length + changes.admitted.length === 0;
  // Version 0 must be named too: the first model of an empty run.
  const delta = isSame ? undefined : { ...changes, version: current.version + 1 };
  const catalogue = delta === undefined ? current : await applyDelta(current, delta);
  if (delta === undefined && current.version > 0) return { catalogue, state, delta: undefined, taken };
  const cleared = new Set([...changes.expired, ...changes.arrived]);
  const placement = { cleared, admitted: changes.admitted, phases: catalogue.phases, mark: await markOf(catalogue) };
  const placed = model.place(state, placement, rng);
  return {
    catalogue,
    state: { ...placed, shared: toPrecision(placed.shared, precision) },
    delta: delta === undefined ? undefined : encodeDelta(delta),
    taken,
  };
}
