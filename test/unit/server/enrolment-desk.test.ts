/** How an enrolment desk watches for revocations: soon, out of step with others, whatever becomes of its store. */
import { describe, expect, it } from "vitest";
import { EnrolmentDesk, type EnrolmentStore, enrolmentPolicies, memoryEnrolment } from "../../../server/index.ts";
import { CofactorError } from "../../../shared/errors.ts";
import { createVirtualClock } from "../../support/virtual-clock.ts";

const run = "films-1";
const everyMs = 1_000;

function open(store: EnrolmentStore, kind = "open") {
  const clock = createVirtualClock();
  const looks: number[] = [];
  const told: string[] = [];
  const watched: EnrolmentStore = {
    ...store,
    async revokedSince(of, seq) {
      looks.push(clock.now());
      return store.revokedSince(of, seq);
    },
  };
  const desk = new EnrolmentDesk({ policies: enrolmentPolicies, section: { kind }, store: watched });
  return { clock, looks, told, desk, watch: () => desk.watch(run, clock, everyMs, (client) => told.push(client)) };
}

describe("an enrolment desk that watches", () => {
  it("tells of each revocation within the time, once, and of one that was taken back never", async () => {
    const store = memoryEnrolment();
    const { clock, told, watch } = open(store);
    await store.decide(run, "before", "revoked", 1);
    watch();
    await clock.advance(0);
    expect(told).toEqual(["before"]);
    await store.decide(run, "ann", "revoked", 2);
    await store.decide(run, "ben", "revoked", 2);
    await store.decide(run, "ben", "approved", 3);
    await store.decide("films-2", "eve", "revoked", 3);
    await clock.advance(everyMs);
    await clock.advance(10 * everyMs);
    expect(told).toEqual(["before", "ann"]);
  });

  it("looks out of step with others, never less often than it is told to, and no more than twice as often", async () => {
    const desks = Array.from({ length: 8 }, () => open(memoryEnrolment()));
    for (const { watch, clock } of desks) {
      watch();
      await clock.advance(50 * everyMs);
    }
    for (const { looks } of desks) {
      const pauses = looks.slice(1).map((at, index) => at - looks[index]!);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(everyMs);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(everyMs / 2);
    }
    expect(new Set(desks.map(({ looks }) => looks.at(-1))).size).toBe(desks.length);
  });

  it("misses nothing while its store cannot be read", async () => {
    const store = memoryEnrolment();
    let isAway = false;
    const failing: EnrolmentStore = {
      ...store,
      async revokedSince(of, seq) {
        if (isAway) throw new CofactorError("STORE_FAILED", "away");
        return store.revokedSince(of, seq);
      },
    };
    const { clock, told, looks, watch } = open(failing);
    watch();
    await clock.advance(everyMs);
    isAway = true;
    await store.decide(run, "ann", "revoked", 1);
    await clock.advance(5 * everyMs);
    expect(told).toEqual([]);
    expect(looks.length).toBeGreaterThan(5);
    isAway = false;
    await clock.advance(everyMs);
    expect(told).toEqual(["ann"]);
  });

  it("says of a decision that a revocation has overtaken that it no longer holds", async () => {
    const store = memoryEnrolment();
    const { clock, desk, watch } = open(store);
    watch();
    await clock.advance(0);
    const [ann, ben] = [await desk.admit({ run, client: "ann" }), await desk.admit({ run, client: "ben" })];
    await store.decide(run, "ann", "revoked", 1);
    await clock.advance(everyMs);
    expect([ann(), ben()]).toEqual([false, true]);
  });

  it("looks no more once it is closed, also when a look was under way", async () => {
    const store = memoryEnrolment();
    const { clock, desk, told, looks, watch } = open(store);
    watch();
    await store.decide(run, "ann", "revoked", 1);
    await desk.close();
    await clock.advance(5 * everyMs);
    expect([told, looks, clock.waiting]).toEqual([[], [0], 0]);
  });
});
