/** What every store guarantees to whoever drives a run: rounds, answers and ledger, and that there is one driver. */
import { describe, expect, it } from "vitest";
import type { LedgerEntry } from "../../shared/privacy/ledger.ts";
import { answer, entry, publication, record, run, type StoreCase, storeWorld } from "./store-world.ts";

/** Declares this part of the suite for one store. */
export function describeDriving(store: StoreCase): void {
  describe(`${store.name} store, driven`, () => {
    const { isDurable, place, reopen, founded } = storeWorld(store);

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

    it("lists by name what it keeps of a round, and gives the answers of one stage", async () => {
      const at = await place();
      const { store, driver } = await founded(at);
      await store.saveRound(driver, { round: 1, stage: 0, cohort: ["a", "b"] });
      await store.saveAnswer(driver, 1, answer("b"));
      await store.saveAnswer(driver, 1, answer("a", 0, 2));
      await store.saveRound(driver, { round: 1, stage: 1, cohort: ["a", "b"] });
      await store.saveAnswer(driver, 1, answer("a", 1, 3));
      const again = await reopen(at, store);
      expect(await again.answerKeys(run, 1)).toEqual([
        { stage: 0, client: "b", digest: "digest-b-1" },
        { stage: 0, client: "a", digest: "digest-a-2" },
        { stage: 1, client: "a", digest: "digest-a-3" },
      ]);
      expect(await again.answers(run, 1, 0)).toEqual([answer("b"), answer("a", 0, 2)]);
      expect(await again.answers(run, 1, 1)).toEqual([answer("a", 1, 3)]);
      expect(await again.answerKeys("films-2", 1)).toEqual([]);
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
      const again = await reopen(at, store);
      const word = { order: "pause", by: "Ada", atMs: 1, round: 1 } as const;
      await again.orders.give(older, word);
      const newer = await again.takeOver(run);
      expect(newer).toEqual({ run, epoch: older.epoch + 1 });
      const late = await Promise.allSettled([
        again.saveRound(older, { round: 1, stage: 1, cohort: ["a", "b"] }),
        again.publish(older, publication(1), record(1), entry(2, 1, "released", ["a"])),
        again.abandon(older, record(1, "abandoned"), entry(2, 1, "abandoned")),
        again.saveAnswer(older, 1, answer("b")),
        again.orders.give(older, { ...word, order: "end" }),
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
      // Who takes over finds every order that was taken.
      expect(await again.orders.given(run)).toEqual([word]);
      // The newer one goes on where the older one was, beside answers that were refused in the same breath.
      const mixed = await Promise.allSettled([again.saveAnswer(older, 1, answer("b", 0, 9)), again.saveAnswer(newer, 1, answer("b"))]);
      expect(mixed.map((one) => (one.status === "fulfilled" ? one.value : "refused"))).toEqual(["refused", "saved"]);
      await again.publish(newer, publication(1), record(1), entry(2, 1, "released", ["a", "b"]));
      await again.orders.give(newer, { ...word, order: "resume" });
      expect(await again.records(run)).toEqual([record(1)]);
      expect((await again.orders.given(run)).map(({ order }) => order)).toEqual(["pause", "resume"]);
      await expect(again.orders.give({ run: "no such run", epoch: 1 }, word)).rejects.toMatchObject({ code: "STORE_FAILED" });
    });
  });
}
