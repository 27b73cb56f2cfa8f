/** The tables of catalogues in a PostgreSQL store. Imports the link, the seam. */
import { randomUUID } from "node:crypto";
import type { ItemOrder } from "../../shared/catalogue/step.ts";
import { type CatalogueStore, keptDeltas, keptModels, type PublishedCatalogue } from "../store.ts";
import type { PostgresLink, Transaction } from "./postgres-link.ts";
import { toBytes } from "./rows.ts";

/** Catalogues in these tables. */
export class PostgresCatalogues implements CatalogueStore {
  readonly #link: PostgresLink;

  constructor(link: PostgresLink) {
    this.#link = link;
  }

  async order(run: string, orders: readonly Omit<ItemOrder, "seq">[]): Promise<void> {
    const mark = randomUUID();
    await this.#link.write(async (transaction) => {
      const own = "SELECT 1 FROM cofactor.item_orders WHERE mark = $1 LIMIT 1";
      if (transaction.isRepeated && (await transaction.query(own, [mark])).length > 0) return;
      await this.insertOrders(transaction, run, orders, mark);
    });
  }

  /** Within a transaction. @param mark names these orders, and no others */
  async insertOrders({ query }: Transaction, run: string, orders: readonly Omit<ItemOrder, "seq">[], mark: string): Promise<void> {
    await query(
      `INSERT INTO cofactor.item_orders (run, kind, item, mark)
       SELECT $1, kind, item, $4 FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS listed (kind, item, place) ORDER BY place`,
      [run, orders.map(({ kind }) => kind), orders.map(({ id }) => id), mark],
    );
  }

  async orders(run: string): Promise<ItemOrder[]> {
    const rows = await this.#link.read("SELECT seq, kind, item FROM cofactor.item_orders WHERE run = $1 ORDER BY seq", [run]);
    return rows.map((row) => ({ seq: Number(row["seq"]), kind: row["kind"] === "add" ? "add" : "remove", id: String(row["item"]) }));
  }

  async whole(run: string, version: number): Promise<Uint8Array | undefined> {
    const [row] = await this.#link.read("SELECT whole FROM cofactor.catalogues WHERE run = $1 AND version = $2", [run, version]);
    return row === undefined || row["whole"] === null ? undefined : toBytes(row["whole"]);
  }

  async deltas(run: string, from: number, to: number): Promise<Uint8Array[] | undefined> {
    const rows = await this.#link.read(
      "SELECT delta FROM cofactor.catalogues WHERE run = $1 AND version > $2 AND version <= $3 AND delta IS NOT NULL ORDER BY version",
      [run, from, to],
    );
    return rows.length === to - from ? rows.map((row) => toBytes(row["delta"])) : undefined;
  }

  /** Within the transaction of the publication that it comes with. */
  async publish({ query }: Transaction, run: string, { version, whole, delta, taken }: PublishedCatalogue): Promise<void> {
    await query("INSERT INTO cofactor.catalogues (run, version, whole, delta) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", [
      run,
      version,
      whole,
      delta ?? null,
    ]);
    await query("UPDATE cofactor.catalogues SET whole = NULL WHERE run = $1 AND version <= $2 AND whole IS NOT NULL", [
      run,
      version - keptModels,
    ]);
    await query("DELETE FROM cofactor.catalogues WHERE run = $1 AND version <= $2", [run, version - keptDeltas]);
    await query("DELETE FROM cofactor.item_orders WHERE run = $1 AND seq = ANY($2::bigint[])", [run, [...taken]]);
  }
}
