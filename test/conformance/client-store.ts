/** What every store of a device promises: see client/store.ts. A third party's store proves itself with the same cases. */
import { describe, expect, it } from "vitest";
import { Budget } from "../../client/budget.ts";
import type { ClientStore } from "../../client/index.ts";
import { budgetedRun } from "../support/budgeted-run.ts";

/** A place where a store can be opened more than once. */
export interface StorePlace {
  open(): Promise<ClientStore>;
  /** False for a store that ends with its process. */
  readonly isLasting: boolean;
}

/** Runs the cases against places that are empty at first. */
export function describeClientStore(name: string, createPlace: () => Promise<StorePlace>): void {
  describe(`a device's store: ${name}`, () => {
    it("has nothing under a name before something is set, and nothing after it is deleted", async () => {
      const store = await (await createPlace()).open();
      expect(await store.get("films/pin")).toBeUndefined();
      await store.delete("films/pin");
      await store.set("films/pin", Uint8Array.of(1));
      await store.delete("films/pin");
      expect(await store.get("films/pin")).toBeUndefined();
      await store.close();
    });

    it("gives back every byte, of no bytes and of a megabyte", async () => {
      const store = await (await createPlace()).open();
      const large = Uint8Array.from({ length: 1_000_003 }, (_, index) => (index * 31) % 256);
      await store.set("none", new Uint8Array(0));
      await store.set("large", large);
      expect(await store.get("none")).toEqual(new Uint8Array(0));
      expect(Buffer.compare((await store.get("large"))!, large)).toBe(0);
      await store.close();
    });

    it("keeps what is under other names when one changes", async () => {
      const store = await (await createPlace()).open();
      await store.set("films/pin", Uint8Array.of(1));
      await store.set("wines/pin", Uint8Array.of(2));
      await store.set("films/pin", Uint8Array.of(3));
      await store.delete("films/model");
      expect([await store.get("films/pin"), await store.get("wines/pin")]).toEqual([Uint8Array.of(3), Uint8Array.of(2)]);
      await store.close();
    });

    it("shares no memory with what is put in or taken out, and keeps a view's own bytes alone", async () => {
      const store = await (await createPlace()).open();
      const whole = Uint8Array.of(9, 1, 2, 9);
      const setting = store.set("view", whole.subarray(1, 3));
      whole.fill(7);
      await setting;
      const taken = (await store.get("view"))!;
      expect(taken).toEqual(Uint8Array.of(1, 2));
      expect(taken.buffer.byteLength).toBe(2);
      taken.fill(5);
      expect(await store.get("view")).toEqual(Uint8Array.of(1, 2));
      await store.close();
    });

    it("ends with the last of many changes made at once", async () => {
      const store = await (await createPlace()).open();
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.set("counter", Uint8Array.of(index))));
      expect(await store.get("counter")).toEqual(Uint8Array.of(19));
      await Promise.all([store.set("counter", Uint8Array.of(1)), store.delete("counter")]);
      expect(await store.get("counter")).toBeUndefined();
      await store.close();
    });

    it("keeps a device's ledger of privacy: what was reserved before the end of a process is reserved after it", async () => {
      const place = await createPlace();
      const run = budgetedRun({ participation: { kind: "min-separation", participations: 2, separation: 3 } });
      const other = budgetedRun({ id: "wines-1", epsilon: 2 });
      const limit = { epsilon: 3, delta: 1e-5 };
      let store = await place.open();
      await Promise.all([new Budget(store, limit).reserve(run, 1), new Budget(store, limit).reserve(other, 1)]);
      if (place.isLasting) {
        await store.close();
        store = await place.open();
      }
      const budget = new Budget(store, limit);
      await budget.commit(other, 1);
      expect([await budget.refusal(run, 1), await budget.refusal(run, 4)]).toEqual([undefined, undefined]);
      expect(await budget.refusal(run, 3)).toMatch(/^BUDGET_EXHAUSTED/);
      expect(await budget.refusal(budgetedRun({ id: "books-1" }), 1)).toMatch(/^BUDGET_EXHAUSTED/);
      expect(await budget.spent()).toMatchObject({ epsilon: 3, runs: [{ reserved: [1] }, { reserved: [1], included: [1] }] });
      await store.close();
    });

    it("has what was set when it is opened again, where it lasts", async (context) => {
      const place = await createPlace();
      if (!place.isLasting) context.skip("this store ends with its process");
      const first = await place.open();
      await Promise.all([first.set("kept", Uint8Array.of(1, 2, 3)), first.set("dropped", Uint8Array.of(4))]);
      await first.delete("dropped");
      await first.close();
      const second = await place.open();
      expect([await second.get("kept"), await second.get("dropped")]).toEqual([Uint8Array.of(1, 2, 3), undefined]);
      await second.close();
    });
  });
}
