/** The operator's side of a catalogue: which items are to come and go. Imports shared, the store. */
import { type Catalogue, phase } from "../shared/catalogue/catalogue.ts";
import { isItemId, maxIdBytes } from "../shared/catalogue/item-id.ts";
import type { ItemOrder } from "../shared/catalogue/step.ts";
import { CofactorError } from "../shared/errors.ts";
import type { Run } from "../shared/run.ts";
import type { Store } from "./store.ts";

/** The most orders that may wait at once. */
const maxOrders = 1_000_000;

/** Where an item stands: it is counted, or trained and recommended. */
export interface ItemStanding {
  readonly id: string;
  readonly standing: "candidate" | "live";
}

/** A catalogue in numbers. */
export interface CatalogueStatus {
  readonly version: number;
  readonly rows: number;
  readonly live: number;
  readonly candidates: number;
  /** Orders that the next publication will take, or that wait for a free row. */
  readonly ordered: number;
}

/** Names of items, checked. @throws CofactorError CONFIG_INVALID where items are numbers; DATA_INVALID naming the position of what is no name */
function checkIds(run: Run, ids: Iterable<string>): string[] {
  if (run.catalogue === undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `the items of run "${run.terms.id}" are numbers and stay: terms with a catalogue section have names`,
    );
  }
  const list = [...ids];
  const wrong = list.findIndex((id) => !isItemId(id));
  if (wrong < 0) return list;
  throw new CofactorError(
    "DATA_INVALID",
    `"items" expected names of 1 to ${maxIdBytes} bytes of UTF-8 without control characters: entry ${wrong} is none`,
  );
}

/** The items of a fresh run, each once. @throws CofactorError CONFIG_INVALID for names where items stay, or more of them than rows */
export function startItems(run: Run, ids: Iterable<string> | undefined): readonly string[] {
  if (ids === undefined) return [];
  const known = [...new Set(checkIds(run, ids))];
  if (known.length <= run.terms.items) return known;
  throw new CofactorError("CONFIG_INVALID", `"items" expected at most ${run.terms.items}, the rows of the table, got ${known.length}`);
}

/**
 * Orders items: durable when it settles, carried out with the next publication.
 * @throws CofactorError CONFIG_INVALID, DATA_INVALID, STORE_FAILED
 */
export async function orderItems(run: Run, store: Store, kind: ItemOrder["kind"], ids: Iterable<string>): Promise<void> {
  const orders = checkIds(run, ids).map((id) => ({ kind, id }));
  const waiting = (await store.catalogue.orders(run.terms.id)).length;
  if (waiting + orders.length > maxOrders) {
    throw new CofactorError("DATA_INVALID", `"items" expected at most ${maxOrders} orders to wait, got ${waiting + orders.length}`);
  }
  if (orders.length > 0) await store.catalogue.order(run.terms.id, orders);
}

/**
 * Orders that make the given items the run's: those it does not have come, all others go, ordered ones too. No publication and no other order may
 * come in between. @throws as `orderItems`
 */
export async function setItems(run: Run, store: Store, catalogue: Catalogue | undefined, ids: Iterable<string>): Promise<void> {
  const wanted = new Set(checkIds(run, ids));
  const known = new Set(catalogue?.rows.keys());
  for (const { kind, id } of await store.catalogue.orders(run.terms.id)) {
    if (kind === "add") known.add(id);
    else known.delete(id);
  }
  await orderItems(
    run,
    store,
    "remove",
    [...known].filter((id) => !wanted.has(id)),
  );
  await orderItems(
    run,
    store,
    "add",
    [...wanted].filter((id) => !known.has(id)),
  );
}

/** Every item that has a row, by row; none where items are numbers and stay. */
export function standingsOf(catalogue: Catalogue | undefined): ItemStanding[] {
  if (catalogue === undefined) return [];
  const { ids, phases } = catalogue;
  return ids.flatMap((id, row) => (id === undefined ? [] : [{ id, standing: phases[row] === phase.live ? "live" : "candidate" }]));
}

/** A catalogue in numbers, for status pages; nothing where items stay. */
export async function catalogueStatus(
  run: Run,
  store: Store,
  catalogue: Catalogue | undefined,
): Promise<{ readonly catalogue?: CatalogueStatus }> {
  if (catalogue === undefined) return {};
  let live = 0;
  for (const each of catalogue.phases) if (each === phase.live) live += 1;
  const { version, items, rows } = catalogue;
  const ordered = (await store.catalogue.orders(run.terms.id)).length;
  return { catalogue: { version, rows: items, live, candidates: rows.size - live, ordered } };
}
