/** The operator's orders in a PostgreSQL store. Imports the link, the rows, the seam. */
import { randomUUID } from "node:crypto";
import type { OperatorOrder } from "../../shared/console/feed.ts";
import type { Driver, OrderStore } from "../store.ts";
import { assertDriver } from "./fence.ts";
import type { PostgresLink, Transaction } from "./postgres-link.ts";
import { lockedEpoch } from "./postgres-rows.ts";
import { toOrder } from "./rows.ts";

/** What brings a data base to the version that has orders. */
export const ordersMigration = `
  CREATE TABLE cofactor.operator_orders (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, run text NOT NULL REFERENCES cofactor.runs,
    word text NOT NULL, given_by text NOT NULL, at_ms double precision NOT NULL, round integer NOT NULL, mark text NOT NULL);
  CREATE INDEX operator_orders_by_run ON cofactor.operator_orders (run, seq);
  CREATE TRIGGER orders_are_not_changed BEFORE UPDATE OR DELETE ON cofactor.operator_orders
    FOR EACH ROW EXECUTE FUNCTION cofactor.refuse_change();
`;

/** Orders in this table. */
export class PostgresOrders implements OrderStore {
  readonly #link: PostgresLink;

  constructor(link: PostgresLink) {
    this.#link = link;
  }

  async give({ run, epoch }: Driver, order: OperatorOrder): Promise<void> {
    const mark = randomUUID();
    await this.#link.write(async (transaction) => {
      const current = await lockedEpoch(transaction, run);
      // What an earlier attempt has left is kept, whoever drives by now: who took over has read it.
      const own = "SELECT 1 FROM cofactor.operator_orders WHERE mark = $1";
      if (transaction.isRepeated && (await transaction.query(own, [mark])).length > 0) return;
      assertDriver(current, epoch);
      await insertOrder(transaction, run, order, mark);
    });
  }

  async given(run: string): Promise<OperatorOrder[]> {
    return (await this.#link.read("SELECT * FROM cofactor.operator_orders WHERE run = $1 ORDER BY seq", [run])).map(toOrder);
  }
}

/** Within a transaction. @param mark names this order, and no other */
export async function insertOrder({ query }: Transaction, run: string, order: OperatorOrder, mark: string): Promise<void> {
  await query("INSERT INTO cofactor.operator_orders (run, word, given_by, at_ms, round, mark) VALUES ($1, $2, $3, $4, $5, $6)", [
    run,
    order.order,
    order.by,
    order.atMs,
    order.round,
    mark,
  ]);
}
