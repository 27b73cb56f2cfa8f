/** What every store guarantees: call `describeStore` with a way to open one, and to open what it kept again. */
import { afterEach, describe, expect, it } from "vitest";
import { type Driver, keptModels, type Publication, type RoundRecord, type Store, type StoredAnswer } from "../../server/store.ts";
import type { LedgerEntry, LedgerKind } from "../../shared/privacy/ledger.ts";

/** One store's persistent place. */
export interface StorePlace {
  /** Opens the store; after `close`, opens it again with what it kept. */
  open(): Store | Promise<Store>;
  remove(): void | Promise<void>;
}

/** A store under test. */
export interface StoreCase {
  readonly name: string;
  /** False for stores that keep nothing once they are closed: the cases that open again are skipped. */
  readonly isDurable: boolean;
  createPlace(): StorePlace | Promise<StorePlace>;
}

const run = "films-1";
const stored = { terms: '{"id":"films-1"}', identitySeed: Uint8Array.from({ length: 32 }, (_, index) => index) };

function publication(round: number, name = `model-${round}`): Publication {
  return { round, advanced: round, sha256: name, model: Uint8Array.of(round, 2, 3), state: Float64Array.of(round, Number.MIN_VALUE, -0) };
}

function record(round: number, outcome: RoundRecord["outcome"] = "published"): RoundRecord {
  return {
    round,
    outcome,
    invited: 5,
    accepted: 4,
    dropped: 1,
    sha256: `model-${round}`,
    reason: outcome === "published" ? "" : "expected more",
  };
}

function answer(client: string, stage = 0, byte = 1): StoredAnswer {
  return { stage, client, digest: `digest-${client}-${byte}`, signature: `signed-${client}-${byte}`, bytes: Uint8Array.of(byte, 0, 255) };
}

function entry(seq: number, round: number, kind: LedgerKind, clients: readonly string[] = []): LedgerEntry {
  return { seq, round, kind, clients, previous: `hash-${seq - 1}`, hash: `hash-${seq}` };
}

/** Declares the suite for one store. */
export function describeStore({ name, isDurable, createPlace }: StoreCase): void {
  describe(`${name} store`, () => {
    const places: StorePlace[] = [];
    let current: Store | undefined;
    afterEach(async () => {
      await current?.close();
      for (const place of places.splice(0)) await place.remove();
    });
    const place = async (): Promise<StorePlace> => {
      const made = await createPlace();
      places.push(made);
      return { ...made, open: async () => (current = await made.open()) };
    };
    /** The store as a new process would find it; the same object where nothing outlives it. */
    const reopen = async (at: StorePlace, store: Store): Promise<Store> => {
      if (!isDurable) return store;
      await store.close();
      return at.open();
    };
    /** A store with the run and its start, and who drives it. */
    const founded = async (at: StorePlace): Promise<{ readonly store: Store; readonly driver: Driver }> => {
      const store = await at.open();
      await store.saveRun(run, stored);
      const driver = await store.takeOver(run);
      await store.publish(driver, publication(0), undefined);
      return { store, driver };
    };

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
      expect([await store.enrol(run, "a"), await store.enrol(run, "b"), await store.enrol(run, "a")]).toEqual([true, true, false]);
      await store.forget(run, "b");
      const again = await reopen(at, store);
      expect(await again.countEnrolled(run)).toBe(1);
      expect([await again.enrol(run, "a"), await again.enrol(run, "b")]).toEqual([false, true]);
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

    it("keeps the open round, its stage, and its cohort in order", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRound(driver, { round: 4, stage: 0, cohort: ["c", "a", "b"] });
      await store.saveRound(driver, { round: 4, stage: 1, cohort: ["c", "a", "b"] });
      expect(await (await reopen(at, store)).openRound(run)).toEqual({ round: 4, stage: 1, cohort: ["c", "a", "b"] });
    });

    it("keeps an acknowledged answer once for each stage and client: the first one, in the order in which they came", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a", "b"] });
      await Promise.all([store.saveAnswer(driver, 1, answer("b")), store.saveAnswer(driver, 1, answer("a"))]);
      await store.saveAnswer(driver, 1, answer("a", 0, 9));
      await store.saveRound(driver, { round: 1, stage: 1, cohort: ["a", "b"] });
      await store.saveAnswer(driver, 1, answer("a", 1, 5));
      const kept = await (await reopen(at, store)).answers(run, 1);
      expect(kept.map(({ stage, client, digest, signature, bytes }) => [stage, client, digest, signature, [...bytes]])).toEqual([
        [0, "b", "digest-b-1", "signed-b-1", [1, 0, 255]],
        [0, "a", "digest-a-1", "signed-a-1", [1, 0, 255]],
        [1, "a", "digest-a-5", "signed-a-5", [5, 0, 255]],
      ]);
    });

    it("gives one answer by round, stage and client, and none that is not there", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a", "b"] });
      await Promise.all([store.saveAnswer(driver, 1, answer("a")), store.saveAnswer(driver, 1, answer("b", 0, 7))]);
      await store.saveRound(driver, { round: 1, stage: 1, cohort: ["a", "b"] });
      await store.saveAnswer(driver, 1, answer("a", 1, 5));
      const again = await reopen(at, store);
      const found = (await again.answer(run, 1, 1, "a"))!;
      expect({ ...found, bytes: [...found.bytes] }).toEqual({ ...answer("a", 1, 5), bytes: [5, 0, 255] });
      expect([...(await again.answer(run, 1, 0, "b"))!.bytes]).toEqual([7, 0, 255]);
      expect(await again.answer(run, 1, 1, "b")).toBeUndefined();
      expect(await again.answer(run, 1, 0, "c")).toBeUndefined();
      expect(await again.answer("other", 1, 0, "a")).toBeUndefined();
    });

    it.each(["published", "abandoned"] as const)("forgets the open round and its answers in one step when it is %s", async (outcome) => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a", "b"] });
      await store.saveAnswer(driver, 1, answer("a"));
      if (outcome === "published") await store.publish(driver, publication(1), record(1));
      else await store.abandon(driver, record(1, "abandoned"));
      const again = await reopen(at, store);
      expect(await again.openRound(run)).toBeUndefined();
      expect(await again.answers(run, 1)).toEqual([]);
      expect(await again.records(run)).toEqual([record(1, outcome)]);
      expect((await again.latest(run))!.round).toBe(outcome === "published" ? 1 : 0);
    });

    it("keeps all records in the order of their rounds", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.publish(driver, publication(1), record(1));
      await store.abandon(driver, record(2, "abandoned"));
      await store.publish(driver, publication(3), record(3));
      expect(await (await reopen(at, store)).records(run)).toEqual([record(1), record(2, "abandoned"), record(3)]);
    });

    it("keeps the ledger's entries with the writes that they come with, in the order of their numbers", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      expect(await store.ledger(run)).toEqual([]);
      const entries = [
        entry(1, 1, "began", ["c", "a"]),
        entry(2, 1, "released", ["a"]),
        entry(3, 2, "began", ["b"]),
        entry(4, 2, "abandoned"),
      ];
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["c", "a"] }, entries[0]);
      await store.saveRound(driver, { round: 1, stage: 1, cohort: ["c", "a"] });
      await store.publish(driver, publication(1), record(1), entries[1]);
      await store.saveRound(driver, { round: 2, stage: 0, cohort: ["b"] }, entries[2]);
      await store.abandon(driver, record(2, "abandoned"), entries[3]);
      expect(await (await reopen(at, store)).ledger(run)).toEqual(entries);
    });

    it.each(["begun", "published", "abandoned"] as const)(
      "takes no number of the ledger twice, and nothing of what is %s with it",
      async (what) => {
        const at = await place();
        const { store, driver } = await founded(at);
        await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a"] }, entry(1, 1, "began", ["a"]));
        const twice = entry(1, 2, "began", ["b"]);
        const write = async (): Promise<void> => {
          if (what === "begun") await store.saveRound(driver, { round: 2, stage: 0, cohort: ["b"] }, twice);
          else if (what === "published") await store.publish(driver, publication(1), record(1), twice);
          else await store.abandon(driver, record(1, "abandoned"), twice);
        };
        await expect(write()).rejects.toMatchObject({ code: "STORE_FAILED" });
        const again = await reopen(at, store);
        expect(await again.ledger(run)).toEqual([entry(1, 1, "began", ["a"])]);
        expect(await again.openRound(run)).toEqual({ round: 1, stage: 0, cohort: ["a"] });
        expect(await again.records(run)).toEqual([]);
        expect((await again.latest(run))!.round).toBe(0);
      },
    );

    it("keeps no entry of a write that was refused", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.publish(driver, publication(1), record(1), entry(1, 1, "began"));
      const stranger = { run: "no such run", epoch: 1 };
      const refused = expect.objectContaining({ code: "STORE_FAILED" }) as Error;
      await expect(store.publish(stranger, publication(1), record(1), entry(1, 1, "began"))).rejects.toEqual(refused);
      await expect(store.publish(driver, publication(2), record(1), entry(2, 2, "began"))).rejects.toEqual(refused);
      await expect(store.takeOver("no such run")).rejects.toEqual(refused);
      await expect(store.enrol("no such run", "a")).rejects.toEqual(refused);
      expect((await store.latest(run))!.round).toBe(1);
      expect(await (await reopen(at, store)).ledger(run)).toEqual([entry(1, 1, "began")]);
    });

    it("gives entries that share nothing with what it keeps", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      const clients = ["a"];
      await store.saveRound(driver, { round: 1, stage: 0, cohort: clients }, entry(1, 1, "began", clients));
      clients.push("b");
      ((await store.ledger(run)) as LedgerEntry[]).pop();
      expect(await store.ledger(run)).toEqual([entry(1, 1, "began", ["a"])]);
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

    it("makes pending answers durable before it closes", async (context) => {
      if (!isDurable) context.skip("this store ends with its process");
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a"] });
      const pending = store.saveAnswer(driver, 1, answer("a"));
      await store.close();
      expect(await pending).toBe("saved");
      const kept = await (await at.open()).answers(run, 1);
      expect(kept.map(({ client }) => client)).toEqual(["a"]);
    });

    it("tells what became of an answer: saved, there before, another one there, or too late", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      expect(await store.saveAnswer(driver, 1, answer("a"))).toBe("closed");
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a", "b"] });
      expect(await store.saveAnswer(driver, 1, answer("a"))).toBe("saved");
      const again = await reopen(at, store);
      const fates = await Promise.all([
        again.saveAnswer(driver, 1, answer("a")),
        again.saveAnswer(driver, 1, answer("a", 0, 9)),
        again.saveAnswer(driver, 1, answer("b", 1)),
        again.saveAnswer(driver, 2, answer("b")),
        again.saveAnswer(driver, 1, answer("b")),
        again.saveAnswer(driver, 1, answer("b")),
      ]);
      expect(fates).toEqual(["duplicate", "conflict", "closed", "closed", "saved", "duplicate"]);
      await again.saveRound(driver, { round: 1, stage: 1, cohort: ["a", "b"] });
      expect(await again.saveAnswer(driver, 1, answer("a"))).toBe("closed");
      expect((await again.answers(run, 1)).map(({ client, digest }) => [client, digest])).toEqual([
        ["a", "digest-a-1"],
        ["b", "digest-b-1"],
      ]);
    });

    it("refuses each write of a driver that another one has replaced, and changes nothing", async () => {
      const at = await place();
      const { store, driver: older } = await founded(at);
      await store.saveRound(older, { round: 1, stage: 0, cohort: ["a", "b"] }, entry(1, 1, "began", ["a", "b"]));
      await store.saveAnswer(older, 1, answer("a"));
      const newer = await (await reopen(at, store)).takeOver(run);
      expect(newer).toEqual({ run, epoch: older.epoch + 1 });
      const again = isDurable ? current! : store;
      const late = await Promise.allSettled([
        again.saveRound(older, { round: 1, stage: 1, cohort: ["a", "b"] }),
        again.publish(older, publication(1), record(1), entry(2, 1, "released", ["a"])),
        again.abandon(older, record(1, "abandoned"), entry(2, 1, "abandoned")),
        again.saveAnswer(older, 1, answer("b")),
      ]);
      const fenced = { status: "rejected", reason: expect.objectContaining({ code: "FENCED", retryable: true }) as Error };
      expect(late).toEqual(late.map(() => fenced));
      // Neither does an epoch that nobody was given yet.
      await expect(again.saveAnswer({ run, epoch: newer.epoch + 1 }, 1, answer("b"))).rejects.toMatchObject({ code: "FENCED" });
      expect(await again.openRound(run)).toEqual({ round: 1, stage: 0, cohort: ["a", "b"] });
      expect(await again.records(run)).toEqual([]);
      expect(await again.ledger(run)).toHaveLength(1);
      expect((await again.latest(run))!.round).toBe(0);
      expect((await again.answers(run, 1)).map(({ client }) => client)).toEqual(["a"]);
      // The newer one goes on where the older one was, beside answers that were refused in the same breath.
      const mixed = await Promise.allSettled([again.saveAnswer(older, 1, answer("b", 0, 9)), again.saveAnswer(newer, 1, answer("b"))]);
      expect(mixed.map((one) => (one.status === "fulfilled" ? one.value : "refused"))).toEqual(["refused", "saved"]);
      await again.publish(newer, publication(1), record(1), entry(2, 1, "released", ["a", "b"]));
      expect(await again.records(run)).toEqual([record(1)]);
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
