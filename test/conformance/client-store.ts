/** What every store of a device promises: see client/store.ts. A third party's store proves itself with the same cases. */
import { describe, expect, it } from "vitest";
import type { ClientStore } from "../../client/index.ts";

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
