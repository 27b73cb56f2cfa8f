/** The operator's orders in memory. Imports the seam's types. */
import type { OperatorOrder } from "../../shared/console/feed.ts";
import type { Driver, OrderStore } from "../store.ts";

/** Orders that end with the process. */
export class MemoryOrders implements OrderStore {
  readonly #given = new Map<string, OperatorOrder[]>();
  readonly #assertDriver: (driver: Driver) => void;

  /** @param assertDriver throws FENCED for a driver that another one has replaced */
  constructor(assertDriver: (driver: Driver) => void) {
    this.#assertDriver = assertDriver;
  }

  async give(driver: Driver, order: OperatorOrder): Promise<void> {
    this.#assertDriver(driver);
    this.insert(driver.run, order);
  }

  /** Without a driver: for a run that comes from an archive. */
  insert(run: string, order: OperatorOrder): void {
    this.#given.set(run, [...(this.#given.get(run) ?? []), { ...order }]);
  }

  async given(run: string): Promise<OperatorOrder[]> {
    return [...(this.#given.get(run) ?? [])];
  }
}
