/** The tables of catalogues in an SQLite store: versions, the deltas between them, and the operator's orders. Imports node:sqlite, the seam. */
import type { StatementSync } from "node:sqlite";
import type { ItemOrder } from "../../shared/catalogue/step.ts";
import { type CatalogueStore, keptDeltas, keptModels, type PublishedCatalogue } from "../store.ts";

/** What brings a store's file to the version that has catalogues. */
export const catalogueMigration = `
  CREATE TABLE catalogues (run TEXT NOT NULL REFERENCES runs, version INTEGER NOT NULL, whole BLOB, delta BLOB,
    PRIMARY KEY (run, version)) STRICT;
  CREATE TABLE item_orders (seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES runs, kind TEXT NOT NULL,
    item TEXT NOT NULL) STRICT;
  CREATE INDEX item_orders_by_run ON item_orders (run, seq);
`;

/** How the store at large carries out statements. */
export interface CatalogueTables {
  sql(text: string): StatementSync;
  transaction<Result>(work: () => Result): Result;
}

/** Catalogues in these tables. */
export class SqliteCatalogues implements CatalogueStore {
  readonly #tables: CatalogueTables;

  constructor(tables: CatalogueTables) {
    this.#tables = tables;
  }

  async order(run: string, orders: readonly Omit<ItemOrder, "seq">[]): Promise<void> {
    this.#tables.transaction(() => this.insertOrders(run, orders));
  }

  /** Within a transaction. */
  insertOrders(run: string, orders: readonly Omit<ItemOrder, "seq">[]): void {
    const insert = this.#tables.sql("INSERT INTO item_orders (run, kind, item) VALUES (?, ?, ?)");
    for (const { kind, id } of orders) insert.run(run, kind, id);
  }

  async orders(run: string): Promise<ItemOrder[]> {
    const rows = this.#tables.sql("SELECT seq, kind, item FROM item_orders WHERE run = ? ORDER BY seq").all(run);
    return rows.map((row) => ({ seq: Number(row["seq"]), kind: row["kind"] === "add" ? "add" : "remove", id: String(row["item"]) }));
  }

  async whole(run: string, version: number): Promise<Uint8Array | undefined> {
    const bytes = this.#tables.sql("SELECT whole FROM catalogues WHERE run = ? AND version = ?").get(run, version)?.["whole"];
    return bytes instanceof Uint8Array ? bytes : undefined;
  }

  async deltas(run: string, from: number, to: number): Promise<Uint8Array[] | undefined> {
    const rows = this.#tables
      .sql("SELECT delta FROM catalogues WHERE run = ? AND version > ? AND version <= ? ORDER BY version")
      .all(run, from, to);
    const found = rows.flatMap(({ delta }) => (delta instanceof Uint8Array ? [delta] : []));
    return found.length === to - from ? found : undefined;
  }

  /** Within the transaction of the publication that it comes with. */
  publish(run: string, { version, whole, delta, taken }: PublishedCatalogue): void {
    const insert = this.#tables.sql("INSERT OR IGNORE INTO catalogues (run, version, whole, delta) VALUES (?, ?, ?, ?)");
    insert.run(run, version, whole, delta ?? null);
    this.#tables
      .sql("UPDATE catalogues SET whole = NULL WHERE run = ? AND version <= ? AND whole IS NOT NULL")
      .run(run, version - keptModels);
    this.#tables.sql("DELETE FROM catalogues WHERE run = ? AND version <= ?").run(run, version - keptDeltas);
    const remove = this.#tables.sql("DELETE FROM item_orders WHERE run = ? AND seq = ?");
    for (const seq of taken) remove.run(run, seq);
  }
}
