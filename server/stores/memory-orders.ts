/** The operator's orders in memory. Imports the seam's types. */
import type { OperatorOrder } from "../../shared/console/feed.ts";
import type { OrderStore } from "../store.ts";

/** Orders that end with the process. */
export class MemoryOrders implements OrderStore {
  readonly #given = new Map<string, OperatorOrder[]>();

  async give(run: string, order: OperatorOrder): Promise<void> {
    this.#given.set(run, [...(this.#given.get(run) ?? []), { ...order }]);
  }

  async given(run: string): Promise<OperatorOrder[]> {
    return [...(this.#given.get(run) ?? [])];
  }
}
