/** What every store guarantees: call `describeStore` with a way to open one, and to open what it kept again. */
import { afterEach, describe, expect, it } from "vitest";
import { keptModels, type Publication, type RoundRecord, type Store, type StoredAnswer } from "../../server/store.ts";
import type { LedgerEntry, LedgerKind } from "../../shared/privacy/ledger.ts";

/** One store's persistent place. */
export interface StorePlace {
  /** Opens the store; after `close`, opens it again with what it kept. */
  open(): Store;
  remove(): void;
}

/** A store under test. */
export interface StoreCase {
  readonly name: string;
  /** False for stores that keep nothing once they are closed: the cases that open again are skipped. */
  readonly isDurable: boolean;
  createPlace(): StorePlace;
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
    afterEach(() => {
      current?.close();
      for (const place of places.splice(0)) place.remove();
    });
    const place = (): StorePlace => {
      const made = createPlace();
      places.push(made);
      return { ...made, open: () => (current = made.open()) };
    };
    /** The store as a new process would find it; the same object where nothing outlives it. */
    const reopen = (at: StorePlace, store: Store): Store => {
      if (!isDurable) return store;
      store.close();
      return at.open();
    };
    /** A store with the run and its start. */
    const founded = (at: StorePlace): Store => {
      const store = at.open();
      store.saveRun(run, stored);
      store.publish(run, publication(0), undefined);
      return store;
    };

    it("knows for each client the last publication that counts it, also when the client has left", () => {
      const at = place();
      const store = founded(at);
      store.enrol(run, "ann");
      expect(store.counted(run, "ann")).toBe(0);
      store.publish(run, { ...publication(2), counts: ["ann", "ben"] }, record(2));
      store.publish(run, { ...publication(5), counts: ["ben"] }, record(5));
      store.publish(run, publication(6), record(6));
      store.abandon(run, record(7, "abandoned"));
      store.forget(run, "ann");
      const again = reopen(at, store);
      expect(["ann", "ben", "eve"].map((client) => again.counted(run, client))).toEqual([2, 5, 0]);
      expect(again.counted("films-2", "ann")).toBe(0);
    });

    it("knows nothing at first", () => {
      const store = place().open();
      expect(store.loadRun(run)).toBeUndefined();
      expect(store.latest(run)).toBeUndefined();
      expect(store.openRound(run)).toBeUndefined();
      expect(store.records(run)).toEqual([]);
      expect(store.countEnrolled(run)).toBe(0);
    });

    it("keeps the secret state of noise with the newest publication alone", () => {
      const at = place();
      const store = founded(at);
      expect(store.latest(run)).not.toHaveProperty("noise");
      store.publish(run, { ...publication(1), noise: Uint8Array.of(9, 8, 7) }, record(1));
      expect(reopen(at, store).latest(run)!.noise).toEqual(Uint8Array.of(9, 8, 7));
    });

    it("keeps what devices found with a round's record, and nothing where they found nothing", () => {
      const at = place();
      const store = founded(at);
      const quality = { modelRound: 0, people: 4, metrics: { "hr@10": 0.1 + 0.2 }, noiseStddev: { "hr@10": 1e-3 } };
      store.publish(run, publication(1), { ...record(1), quality });
      store.publish(run, publication(2), record(2));
      expect(reopen(at, store).records(run)).toEqual([{ ...record(1), quality }, record(2)]);
    });

    it("keeps whose contributions a round counted, where it is told, also when they are forgotten", () => {
      const at = place();
      const store = founded(at);
      const contributors = ["client-b", "client-a"];
      store.publish(run, publication(1), { ...record(1), contributors });
      for (const client of contributors) store.forget(run, client);
      expect(reopen(at, store).records(run)).toEqual([{ ...record(1), contributors }]);
    });

    it("keeps the run's terms and identity byte for byte", () => {
      const at = place();
      const again = reopen(at, founded(at)).loadRun(run);
      expect(again?.terms).toBe(stored.terms);
      expect([...again!.identitySeed]).toEqual([...stored.identitySeed]);
    });

    it("enrols each client once and forgets whoever leaves", () => {
      const at = place();
      const store = founded(at);
      expect([store.enrol(run, "a"), store.enrol(run, "b"), store.enrol(run, "a")]).toEqual([true, true, false]);
      store.forget(run, "b");
      const again = reopen(at, store);
      expect(again.countEnrolled(run)).toBe(1);
      expect([again.enrol(run, "a"), again.enrol(run, "b")]).toEqual([false, true]);
    });

    it("keeps the newest publication with its model, state and numbers bit for bit", () => {
      const at = place();
      const store = founded(at);
      store.publish(run, { ...publication(7), advanced: 3 }, record(7));
      const latest = reopen(at, store).latest(run)!;
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

    it(`keeps the last ${keptModels} models by their hash, and lets older ones go`, () => {
      const at = place();
      const store = founded(at);
      for (let round = 1; round <= keptModels; round++) store.publish(run, publication(round), record(round));
      const again = reopen(at, store);
      expect(again.model(run, "model-0")).toBeUndefined();
      for (let round = 1; round <= keptModels; round++) expect([...again.model(run, `model-${round}`)!]).toEqual([round, 2, 3]);
    });

    it("keeps the newest model also when its bytes were published before", () => {
      const at = place();
      const store = founded(at);
      for (let round = 1; round <= keptModels; round++)
        store.publish(run, publication(round, round === keptModels ? "model-0" : `model-${round}`), record(round));
      store.publish(run, publication(keptModels + 1), record(keptModels + 1));
      expect(reopen(at, store).model(run, "model-0")).toBeDefined();
    });

    it("keeps the open round, its stage, and its cohort in order", () => {
      const at = place();
      const store = founded(at);
      store.saveRound(run, { round: 4, stage: 0, cohort: ["c", "a", "b"] });
      store.saveRound(run, { round: 4, stage: 1, cohort: ["c", "a", "b"] });
      expect(reopen(at, store).openRound(run)).toEqual({ round: 4, stage: 1, cohort: ["c", "a", "b"] });
    });

    it("keeps an acknowledged answer once for each stage and client: the first one, in the order in which they came", async () => {
      const at = place();
      const store = founded(at);
      store.saveRound(run, { round: 1, stage: 0, cohort: ["a", "b"] });
      await Promise.all([store.saveAnswer(run, 1, answer("b")), store.saveAnswer(run, 1, answer("a"))]);
      await store.saveAnswer(run, 1, answer("a", 0, 9));
      await store.saveAnswer(run, 1, answer("a", 1, 5));
      const kept = reopen(at, store).answers(run, 1);
      expect(kept.map(({ stage, client, digest, signature, bytes }) => [stage, client, digest, signature, [...bytes]])).toEqual([
        [0, "b", "digest-b-1", "signed-b-1", [1, 0, 255]],
        [0, "a", "digest-a-1", "signed-a-1", [1, 0, 255]],
        [1, "a", "digest-a-5", "signed-a-5", [5, 0, 255]],
      ]);
    });

    it("gives one answer by round, stage and client, and none that is not there", async () => {
      const at = place();
      const store = founded(at);
      store.saveRound(run, { round: 1, stage: 0, cohort: ["a", "b"] });
      await Promise.all([
        store.saveAnswer(run, 1, answer("a")),
        store.saveAnswer(run, 1, answer("b", 0, 7)),
        store.saveAnswer(run, 1, answer("a", 1, 5)),
      ]);
      const again = reopen(at, store);
      const found = again.answer(run, 1, 1, "a")!;
      expect({ ...found, bytes: [...found.bytes] }).toEqual({ ...answer("a", 1, 5), bytes: [5, 0, 255] });
      expect([...again.answer(run, 1, 0, "b")!.bytes]).toEqual([7, 0, 255]);
      expect(again.answer(run, 1, 1, "b")).toBeUndefined();
      expect(again.answer(run, 1, 0, "c")).toBeUndefined();
      expect(again.answer("other", 1, 0, "a")).toBeUndefined();
    });

    it.each(["published", "abandoned"] as const)("forgets the open round and its answers in one step when it is %s", async (outcome) => {
      const at = place();
      const store = founded(at);
      store.saveRound(run, { round: 1, stage: 0, cohort: ["a", "b"] });
      await store.saveAnswer(run, 1, answer("a"));
      if (outcome === "published") store.publish(run, publication(1), record(1));
      else store.abandon(run, record(1, "abandoned"));
      const again = reopen(at, store);
      expect(again.openRound(run)).toBeUndefined();
      expect(again.answers(run, 1)).toEqual([]);
      expect(again.records(run)).toEqual([record(1, outcome)]);
      expect(again.latest(run)!.round).toBe(outcome === "published" ? 1 : 0);
    });

    it("keeps all records in the order of their rounds", () => {
      const at = place();
      const store = founded(at);
      store.publish(run, publication(1), record(1));
      store.abandon(run, record(2, "abandoned"));
      store.publish(run, publication(3), record(3));
      expect(reopen(at, store).records(run)).toEqual([record(1), record(2, "abandoned"), record(3)]);
    });

    it("keeps the ledger's entries with the writes that they come with, in the order of their numbers", () => {
      const at = place();
      const store = founded(at);
      expect(store.ledger(run)).toEqual([]);
      const entries = [
        entry(1, 1, "began", ["c", "a"]),
        entry(2, 1, "released", ["a"]),
        entry(3, 2, "began", ["b"]),
        entry(4, 2, "abandoned"),
      ];
      store.saveRound(run, { round: 1, stage: 0, cohort: ["c", "a"] }, entries[0]);
      store.saveRound(run, { round: 1, stage: 1, cohort: ["c", "a"] });
      store.publish(run, publication(1), record(1), entries[1]);
      store.saveRound(run, { round: 2, stage: 0, cohort: ["b"] }, entries[2]);
      store.abandon(run, record(2, "abandoned"), entries[3]);
      expect(reopen(at, store).ledger(run)).toEqual(entries);
    });

    it.each(["begun", "published", "abandoned"] as const)(
      "takes no number of the ledger twice, and nothing of what is %s with it",
      (what) => {
        const at = place();
        const store = founded(at);
        store.saveRound(run, { round: 1, stage: 0, cohort: ["a"] }, entry(1, 1, "began", ["a"]));
        const twice = entry(1, 2, "began", ["b"]);
        const write = (): void => {
          if (what === "begun") store.saveRound(run, { round: 2, stage: 0, cohort: ["b"] }, twice);
          else if (what === "published") store.publish(run, publication(1), record(1), twice);
          else store.abandon(run, record(1, "abandoned"), twice);
        };
        expect(write).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
        const again = reopen(at, store);
        expect(again.ledger(run)).toEqual([entry(1, 1, "began", ["a"])]);
        expect(again.openRound(run)).toEqual({ round: 1, stage: 0, cohort: ["a"] });
        expect(again.records(run)).toEqual([]);
        expect(again.latest(run)!.round).toBe(0);
      },
    );

    it("keeps no entry of a write that was refused, where the store refuses one", () => {
      const at = place();
      const store = founded(at);
      store.publish(run, publication(1), record(1), entry(1, 1, "began"));
      const write = (): void => store.publish("no such run", publication(1), record(1), entry(1, 1, "began"));
      if (isDurable) expect(write).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
      expect(reopen(at, store).ledger(run)).toEqual([entry(1, 1, "began")]);
    });

    it("gives entries that share nothing with what it keeps", () => {
      const at = place();
      const store = founded(at);
      const clients = ["a"];
      store.saveRound(run, { round: 1, stage: 0, cohort: clients }, entry(1, 1, "began", clients));
      clients.push("b");
      (store.ledger(run) as LedgerEntry[]).pop();
      expect(store.ledger(run)).toEqual([entry(1, 1, "began", ["a"])]);
    });

    it("keeps orders of items in their order until a publication takes them, under numbers that never come again", () => {
      const at = place();
      const store = founded(at);
      store.catalogue.order(run, [
        { kind: "add", id: "a" },
        { kind: "remove", id: "b" },
      ]);
      const again = reopen(at, store);
      const [first, second] = again.catalogue.orders(run);
      expect([first, second]).toEqual([
        { seq: first!.seq, kind: "add", id: "a" },
        { seq: second!.seq, kind: "remove", id: "b" },
      ]);
      expect(first!.seq).toBeLessThan(second!.seq);
      again.publish(
        run,
        { ...publication(1), catalogue: { version: 1, whole: Uint8Array.of(1), taken: [first!.seq, second!.seq] } },
        record(1),
      );
      const later = reopen(at, again);
      expect(later.catalogue.orders(run)).toEqual([]);
      later.catalogue.order(run, [{ kind: "add", id: "c" }]);
      expect(later.catalogue.orders(run)[0]!.seq).toBeGreaterThan(second!.seq);
      expect(later.catalogue.orders("other")).toEqual([]);
    });

    it(`keeps catalogues with their models: the last ${keptModels} whole, and the deltas that lead from one to another`, () => {
      const at = place();
      const store = founded(at);
      for (let round = 1; round <= keptModels + 2; round++) {
        const catalogue = { version: round, whole: Uint8Array.of(round), delta: Uint8Array.of(round, round), taken: [] };
        store.publish(run, { ...publication(round), catalogue }, record(round));
      }
      const again = reopen(at, store);
      expect(again.catalogue.whole(run, 2)).toBeUndefined();
      for (let version = 3; version <= keptModels + 2; version++) expect([...again.catalogue.whole(run, version)!]).toEqual([version]);
      expect(again.catalogue.deltas(run, 1, 3)!.map((delta) => [...delta])).toEqual([
        [2, 2],
        [3, 3],
      ]);
      expect(again.catalogue.deltas(run, 3, 3)).toEqual([]);
      expect(again.catalogue.deltas(run, 9, keptModels + 3)).toBeUndefined();
      expect(again.catalogue.deltas("other", 1, 3)).toBeUndefined();
      // The same version again, with a model that changed nothing about it.
      const same = { version: keptModels + 2, whole: Uint8Array.of(keptModels + 2), taken: [] };
      again.publish(run, { ...publication(20), catalogue: same }, record(20));
      expect([...again.catalogue.deltas(run, keptModels + 1, keptModels + 2)![0]!]).toEqual([keptModels + 2, keptModels + 2]);
    });

    it("keeps nothing of a catalogue whose publication was refused, and the orders that it would have taken", () => {
      const at = place();
      const store = founded(at);
      store.publish(run, publication(1), record(1), entry(1, 1, "released"));
      store.catalogue.order(run, [{ kind: "add", id: "a" }]);
      const { seq } = store.catalogue.orders(run)[0]!;
      const next = { ...publication(2), catalogue: { version: 1, whole: Uint8Array.of(1), taken: [seq] } };
      expect(() => store.publish(run, next, record(2), entry(1, 2, "released"))).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
      const again = reopen(at, store);
      expect(again.catalogue.orders(run)).toHaveLength(1);
      expect(again.catalogue.whole(run, 1)).toBeUndefined();
    });

    it("keeps two runs apart", () => {
      const at = place();
      const store = founded(at);
      store.saveRun("other", { ...stored, terms: "{}" });
      store.publish("other", publication(0, "model-o"), undefined);
      store.enrol("other", "a");
      store.saveRound("other", { round: 1, stage: 0, cohort: ["a"] });
      store.abandon("other", record(1, "abandoned"), entry(1, 1, "began", ["a"]));
      store.saveRound("other", { round: 1, stage: 0, cohort: ["a"] });
      store.publish(run, publication(1), record(1), entry(1, 1, "began", ["b"]));
      expect([store.ledger(run), store.ledger("other")]).toEqual([[entry(1, 1, "began", ["b"])], [entry(1, 1, "began", ["a"])]]);
      expect(store.openRound("other")).toEqual({ round: 1, stage: 0, cohort: ["a"] });
      expect(store.countEnrolled(run)).toBe(0);
      expect(store.model(run, "model-o")).toBeUndefined();
      expect(store.latest("other")!.sha256).toBe("model-o");
    });

    it("makes pending answers durable before it closes", async (context) => {
      if (!isDurable) context.skip("this store ends with its process");
      const at = place();
      const store = founded(at);
      store.saveRound(run, { round: 1, stage: 0, cohort: ["a"] });
      const pending = store.saveAnswer(run, 1, answer("a"));
      store.close();
      await pending;
      expect(
        at
          .open()
          .answers(run, 1)
          .map(({ client }) => client),
      ).toEqual(["a"]);
    });
  });
}
