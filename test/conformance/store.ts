/** What every store guarantees: call `describeStore` with a way to open one, and to open what it kept again. */
import { describe, expect, it } from "vitest";
import { keptModels } from "../../server/store.ts";
import { describeDriving } from "./store-driving.ts";
import { answer, entry, publication, record, run, type StoreCase, stored, storeWorld } from "./store-world.ts";

/** Declares the suite for one store. */
export function describeStore(store: StoreCase): void {
  describeDriving(store);
  describe(`${store.name} store`, () => {
    const { place, reopen, founded } = storeWorld(store);

    it("knows for each client the last publication that counts it, also when the client has left", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.enrol(run, "ann");
      expect(await store.counted(run, "ann")).toBe(0);
      await store.publish(driver, { ...publication(2), counts: ["ann", "ben"] }, record(2));
      await store.publish(driver, { ...publication(5), counts: ["ben"] }, record(5));
      await store.publish(driver, publication(6), record(6));
      await store.abandon(driver, record(7, "abandoned"));
      await store.forget(run, "ann");
      const again = await reopen(at, store);
      expect(await Promise.all(["ann", "ben", "eve"].map((client) => again.counted(run, client)))).toEqual([2, 5, 0]);
      expect(await again.counted("films-2", "ann")).toBe(0);
    });

    it("knows nothing at first", async () => {
      const store = await (await place()).open();
      expect(await store.loadRun(run)).toBeUndefined();
      expect(await store.latest(run)).toBeUndefined();
      expect(await store.openRound(run)).toBeUndefined();
      expect(await store.records(run)).toEqual([]);
      expect(await store.countEnrolled(run)).toBe(0);
    });

    it("keeps the secret state of noise with the newest publication alone", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      expect(await store.latest(run)).not.toHaveProperty("noise");
      await store.publish(driver, { ...publication(1), noise: Uint8Array.of(9, 8, 7) }, record(1));
      expect((await (await reopen(at, store)).latest(run))!.noise).toEqual(Uint8Array.of(9, 8, 7));
    });

    it("keeps what devices found with a round's record, and nothing where they found nothing", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      const quality = { modelRound: 0, people: 4, metrics: { "hr@10": 0.1 + 0.2 }, noiseStddev: { "hr@10": 1e-3 } };
      await store.publish(driver, publication(1), { ...record(1), quality });
      await store.publish(driver, publication(2), record(2));
      expect(await (await reopen(at, store)).records(run)).toEqual([{ ...record(1), quality }, record(2)]);
    });

    it("keeps whose contributions a round counted, where it is told, also when they are forgotten", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      const contributors = ["client-b", "client-a"];
      await store.publish(driver, publication(1), { ...record(1), contributors });
      for (const client of contributors) await store.forget(run, client);
      expect(await (await reopen(at, store)).records(run)).toEqual([{ ...record(1), contributors }]);
    });

    it("keeps the run's terms and identity byte for byte", async () => {
      const at = await place();
      const again = await (await reopen(at, (await founded(at)).store)).loadRun(run);
      expect(again?.terms).toBe(stored.terms);
      expect([...again!.identitySeed]).toEqual([...stored.identitySeed]);
    });

    it("enrols each client once and forgets whoever leaves", async () => {
      const at = await place();
      const { store } = await founded(at);
      expect([await store.enrol(run, "a"), await store.enrol(run, "b"), await store.enrol(run, "a")]).toEqual(["new", "new", "known"]);
      await store.forget(run, "b");
      const again = await reopen(at, store);
      expect(await again.countEnrolled(run)).toBe(1);
      await again.forget(run, "never there");
      expect(await again.countEnrolled(run)).toBe(1);
      expect([await again.enrol(run, "a"), await again.enrol(run, "b")]).toEqual(["known", "new"]);
      expect(await again.countEnrolled(run)).toBe(2);
      await again.forget(run, "a");
      expect([await again.countEnrolled(run), await again.countEnrolled("films-2")]).toEqual([1, 0]);
    });

    it("enrols no more clients than may be, and has room again when one leaves", async () => {
      const { store } = await founded(await place());
      const most = 3;
      const fates = await Promise.all(["a", "b", "c", "d", "e", "f"].map((client) => store.enrol(run, client, most)));
      expect(fates.toSorted()).toEqual(["full", "full", "full", "new", "new", "new"]);
      expect(await store.countEnrolled(run)).toBe(most);
      const inside = ["a", "b", "c", "d", "e", "f"].filter((_, index) => fates[index] === "new");
      // Whoever is in is in, also where there is no room; a refusal kept nothing.
      expect(await Promise.all(inside.map((client) => store.enrol(run, client, most)))).toEqual(["known", "known", "known"]);
      await store.forget(run, inside[0]!);
      expect([await store.enrol(run, "g", most), await store.enrol(run, "h", most), await store.enrol(run, "h")]).toEqual([
        "new",
        "full",
        "new",
      ]);
    });

    it("knows which round is over", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      expect([await store.overRound(run), await store.overRound("films-2")]).toEqual([0, 0]);
      await store.publish(driver, publication(9), record(9));
      await store.abandon(driver, record(10, "abandoned"));
      expect(await (await reopen(at, store)).overRound(run)).toBe(10);
    });

    it("keeps the newest publication with its model, state and numbers bit for bit", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.publish(driver, { ...publication(7), advanced: 3 }, record(7));
      const latest = (await (await reopen(at, store)).latest(run))!;
      expect([latest.round, latest.advanced, latest.sha256]).toEqual([7, 3, "model-7"]);
      expect([...latest.model]).toEqual([7, 2, 3]);
      expect([...latest.state].map((value) => [value, Object.is(value, -0)])).toEqual(
        [
          [7, false],
          [Number.MIN_VALUE, false],
          [0, true],
        ].map(([value, minus]) => [minus === true ? -0 : value, minus]),
      );
    });

    it(`keeps the last ${keptModels} models by their hash, and lets older ones go`, async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      for (let round = 1; round <= keptModels; round++) await store.publish(driver, publication(round), record(round));
      const again = await reopen(at, store);
      expect(await again.model(run, "model-0")).toBeUndefined();
      for (let round = 1; round <= keptModels; round++) expect([...(await again.model(run, `model-${round}`))!]).toEqual([round, 2, 3]);
    });

    it("keeps the newest model also when its bytes were published before", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      for (let round = 1; round <= keptModels; round++)
        await store.publish(driver, publication(round, round === keptModels ? "model-0" : `model-${round}`), record(round));
      await store.publish(driver, publication(keptModels + 1), record(keptModels + 1));
      expect(await (await reopen(at, store)).model(run, "model-0")).toBeDefined();
    });

    it("keeps all records in the order of their rounds", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.publish(driver, publication(1), record(1));
      await store.abandon(driver, record(2, "abandoned"));
      await store.publish(driver, publication(3), record(3));
      expect(await (await reopen(at, store)).records(run)).toEqual([record(1), record(2, "abandoned"), record(3)]);
    });

    it("keeps orders of items in their order until a publication takes them, under numbers that never come again", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.catalogue.order(run, [
        { kind: "add", id: "a" },
        { kind: "remove", id: "b" },
      ]);
      const again = await reopen(at, store);
      const [first, second] = await again.catalogue.orders(run);
      expect([first, second]).toEqual([
        { seq: first!.seq, kind: "add", id: "a" },
        { seq: second!.seq, kind: "remove", id: "b" },
      ]);
      expect(first!.seq).toBeLessThan(second!.seq);
      await again.publish(
        driver,
        { ...publication(1), catalogue: { version: 1, whole: Uint8Array.of(1), taken: [first!.seq, second!.seq] } },
        record(1),
      );
      const later = await reopen(at, again);
      expect(await later.catalogue.orders(run)).toEqual([]);
      await later.catalogue.order(run, [{ kind: "add", id: "c" }]);
      expect((await later.catalogue.orders(run))[0]!.seq).toBeGreaterThan(second!.seq);
      expect(await later.catalogue.orders("other")).toEqual([]);
    });

    it(`keeps catalogues with their models: the last ${keptModels} whole, and the deltas that lead from one to another`, async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      for (let round = 1; round <= keptModels + 2; round++) {
        const catalogue = { version: round, whole: Uint8Array.of(round), delta: Uint8Array.of(round, round), taken: [] };
        await store.publish(driver, { ...publication(round), catalogue }, record(round));
      }
      const again = await reopen(at, store);
      expect(await again.catalogue.whole(run, 2)).toBeUndefined();
      for (let version = 3; version <= keptModels + 2; version++)
        expect([...(await again.catalogue.whole(run, version))!]).toEqual([version]);
      expect((await again.catalogue.deltas(run, 1, 3))!.map((delta) => [...delta])).toEqual([
        [2, 2],
        [3, 3],
      ]);
      expect(await again.catalogue.deltas(run, 3, 3)).toEqual([]);
      expect(await again.catalogue.deltas(run, 9, keptModels + 3)).toBeUndefined();
      expect(await again.catalogue.deltas("other", 1, 3)).toBeUndefined();
      // The same version again, with a model that changed nothing about it.
      const same = { version: keptModels + 2, whole: Uint8Array.of(keptModels + 2), taken: [] };
      await again.publish(driver, { ...publication(20), catalogue: same }, record(20));
      expect([...(await again.catalogue.deltas(run, keptModels + 1, keptModels + 2))![0]!]).toEqual([keptModels + 2, keptModels + 2]);
    });

    it("keeps nothing of a catalogue whose publication was refused, and the orders that it would have taken", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.publish(driver, publication(1), record(1), entry(1, 1, "released"));
      await store.catalogue.order(run, [{ kind: "add", id: "a" }]);
      const { seq } = (await store.catalogue.orders(run))[0]!;
      const next = { ...publication(2), catalogue: { version: 1, whole: Uint8Array.of(1), taken: [seq] } };
      await expect(store.publish(driver, next, record(2), entry(1, 2, "released"))).rejects.toMatchObject({ code: "STORE_FAILED" });
      const again = await reopen(at, store);
      expect(await again.catalogue.orders(run)).toHaveLength(1);
      expect(await again.catalogue.whole(run, 1)).toBeUndefined();
    });

    it("keeps two runs apart", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRun("other", { ...stored, terms: "{}" });
      const other = await store.takeOver("other");
      await store.publish(other, publication(0, "model-o"), undefined);
      await store.enrol("other", "a");
      await store.saveRound(other, { round: 1, stage: 0, cohort: ["a"] });
      await store.abandon(other, record(1, "abandoned"), entry(1, 1, "began", ["a"]));
      await store.saveRound(other, { round: 1, stage: 0, cohort: ["a"] });
      await store.publish(driver, publication(1), record(1), entry(1, 1, "began", ["b"]));
      expect([await store.ledger(run), await store.ledger("other")]).toEqual([
        [entry(1, 1, "began", ["b"])],
        [entry(1, 1, "began", ["a"])],
      ]);
      expect(await store.openRound("other")).toEqual({ round: 1, stage: 0, cohort: ["a"] });
      expect(await store.countEnrolled(run)).toBe(0);
      expect(await store.model(run, "model-o")).toBeUndefined();
      expect((await store.latest("other"))!.sha256).toBe("model-o");
    });

    it("gives all that it keeps of a run, and takes it in elsewhere: the same, bit for bit, once", async () => {
      const { store, driver } = await founded(await place());
      await store.enrol(run, "a");
      const catalogue = { version: 1, whole: Uint8Array.of(1), delta: Uint8Array.of(1, 1), taken: [] };
      const quality = { modelRound: 0, people: 4, metrics: { "hr@10": 0.1 + 0.2 } };
      const began = entry(1, 1, "began", ["a", "b"]);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a", "b"] }, began);
      const next = { ...publication(1), catalogue, counts: ["b", "a"], noise: Uint8Array.of(9) };
      await store.publish(driver, next, { ...record(1), quality, contributors: ["a"] }, entry(2, 1, "released", ["a"]));
      await store.catalogue.order(run, [
        { kind: "add", id: "x" },
        { kind: "remove", id: "y" },
      ]);
      await store.saveRound(driver, { round: 2, stage: 0, cohort: ["b"] }, entry(3, 2, "began", ["b"]));
      await store.saveAnswer(driver, 2, answer("b"));
      const words = [
        { order: "pause", by: "Ada", atMs: 1_800_000_000_000.5, round: 1 },
        { order: "end", by: "operator", atMs: 1_800_000_000_001, round: 2 },
      ] as const;
      for (const word of words) await store.orders.give(driver, word);
      const contents = (await store.contents(run))!;
      expect(contents).toEqual({
        terms: stored.terms,
        models: [publication(0), { ...publication(1), noise: Uint8Array.of(9) }],
        records: [{ ...record(1), quality, contributors: ["a"] }],
        ledger: [began, entry(2, 1, "released", ["a"]), entry(3, 2, "began", ["b"])],
        open: { round: 2, stage: 0, cohort: ["b"] },
        counted: expect.arrayContaining([
          ["a", 1],
          ["b", 1],
        ]) as unknown,
        catalogues: [{ version: 1, whole: Uint8Array.of(1), delta: Uint8Array.of(1, 1) }],
        orders: [
          { kind: "add", id: "x" },
          { kind: "remove", id: "y" },
        ],
        words,
      });
      expect(await store.contents("other")).toBeUndefined();
      await expect(store.restore(run, stored.identitySeed, contents)).rejects.toMatchObject({ code: "STORE_FAILED" });
      await store.close();

      const at = await place();
      const other = await at.open();
      await other.restore(run, stored.identitySeed, contents);
      const again = await reopen(at, other);
      expect(await again.runs()).toEqual([run]);
      expect(await again.contents(run)).toEqual(contents);
      expect([...(await again.loadRun(run))!.identitySeed]).toEqual([...stored.identitySeed]);
      expect(await again.orders.given(run)).toEqual(words);
      expect(await again.orders.given("other")).toEqual([]);
      expect(await again.countEnrolled(run)).toBe(0);
      expect((await again.latest(run))!.noise).toEqual(Uint8Array.of(9));
      expect(await again.counted(run, "b")).toBe(1);
      // It goes on from there.
      const heir = await again.takeOver(run);
      await again.abandon(heir, record(2, "abandoned"), entry(4, 2, "abandoned"));
      expect((await again.ledger(run)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    });

    it("keeps a run's terms once", async () => {
      const at = await place();
      const { store } = await founded(at);
      await expect(store.saveRun(run, { ...stored, terms: "{}" })).rejects.toMatchObject({ code: "STORE_FAILED" });
      expect((await (await reopen(at, store)).loadRun(run))!.terms).toBe(stored.terms);
    });
  });
}
