/** The operator's orders in an SQLite store. Imports the seam, the catalogues' way to carry out statements. */
import type { OperatorOrder } from "../../shared/console/feed.ts";
import type { Driver, OrderStore } from "../store.ts";
import { toOrder } from "./rows.ts";
import type { CatalogueTables } from "./sqlite-catalogue.ts";

/** What brings a store's file to the version that has orders. */
export const ordersMigration = `
  CREATE TABLE operator_orders (seq INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL REFERENCES runs, word TEXT NOT NULL, given_by TEXT NOT NULL,
    at_ms REAL NOT NULL, round INTEGER NOT NULL) STRICT;
  CREATE TRIGGER orders_are_not_changed BEFORE UPDATE ON operator_orders BEGIN SELECT RAISE(ABORT, 'orders are only added'); END;
  CREATE TRIGGER orders_are_not_cut BEFORE DELETE ON operator_orders BEGIN SELECT RAISE(ABORT, 'orders are only added'); END;
`;

/** Orders in this table. */
export class SqliteOrders implements OrderStore {
  readonly #tables: CatalogueTables;
  readonly #assertDriver: (driver: Driver) => void;

  /** @param assertDriver within a transaction: throws FENCED for a driver that another one has replaced */
  constructor(tables: CatalogueTables, assertDriver: (driver: Driver) => void) {
    this.#tables = tables;
    this.#assertDriver = assertDriver;
  }

  async give(driver: Driver, order: OperatorOrder): Promise<void> {
    this.#tables.transaction(() => {
      this.#assertDriver(driver);
      this.insert(driver.run, order);
    });
  }

  /** Within a transaction. */
  insert(run: string, { order, by, atMs, round }: OperatorOrder): void {
    this.#tables
      .sql("INSERT INTO operator_orders (run, word, given_by, at_ms, round) VALUES (?, ?, ?, ?, ?)")
      .run(run, order, by, atMs, round);
  }

  async given(run: string): Promise<OperatorOrder[]> {
    return this.#tables.sql("SELECT * FROM operator_orders WHERE run = ? ORDER BY seq").all(run).map(toOrder);
  }
}
