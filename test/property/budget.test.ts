/** However a server asks, and whenever a device is restarted, the rounds that a device contributes to keep the promise. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget } from "../../client/budget.ts";
import { type ClientStore, memoryStore } from "../../client/index.ts";
import { isAdmissible, type Participation } from "../../shared/privacy/matrix/participation.ts";
import { budgetedRun } from "../support/budgeted-run.ts";

const count = fc.integer({ min: 1, max: 5 });
const participation: fc.Arbitrary<Participation> = fc.oneof(
  fc.constant({ kind: "single" } as const),
  fc.record({ kind: fc.constant("unrestricted" as const), participations: count }),
  fc.record({ kind: fc.constant("min-separation" as const), participations: count, separation: count }),
  fc.record({ kind: fc.constant("fixed-epoch" as const), participations: count, separation: count }),
);

/** What happens to a device: it is asked, it is told of a publication, or it is killed when its store has taken so many more changes. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("ask" as const), run: fc.integer({ min: 0, max: 2 }), round: fc.nat({ max: 16 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("published" as const), run: fc.integer({ min: 0, max: 2 }), round: fc.nat({ max: 16 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("die" as const), isDurable: fc.boolean() }) },
);

/** A store that loses the next change, or keeps it and says nothing, when its process is killed. */
function mortal(inner: ClientStore): { readonly store: ClientStore; doom(isDurable: boolean): void } {
  let fate: boolean | undefined;
  const set: ClientStore["set"] = async (key, bytes) => {
    if (fate !== false) await inner.set(key, bytes);
    const isDead = fate !== undefined;
    fate = undefined;
    if (isDead) throw new Error("killed");
  };
  return { store: { ...inner, set }, doom: (isDurable) => (fate = isDurable) };
}

describe("no sequence of invitations, restarts and crashes", () => {
  it("makes a device contribute to rounds that the promises do not allow, or spend more than its user's budget", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(participation, participation, participation),
        fc.array(step, { maxLength: 40 }),
        async (schedules, steps) => {
          const runs = schedules.map((schedule, index) =>
            budgetedRun({ id: `run-${index}`, participation: schedule, epsilon: 1, delta: 1e-7 }),
          );
          const limit = { epsilon: 2, delta: 1e-5 };
          const inner = memoryStore();
          const { store, doom } = mortal(inner);
          /** What left the device: nothing does before its reservation has settled. */
          const sent = runs.map(() => new Set<number>());
          for (const one of steps) {
            if (one.kind === "die") doom(one.isDurable);
            else if (one.kind === "published") await new Budget(store, limit).commit(runs[one.run]!, one.round).catch(() => undefined);
            else {
              // Each ask may come after a restart: nothing is remembered but what the store has.
              const budget = new Budget(store, limit);
              const isAllowed = (await budget.refusal(runs[one.run]!, one.round)) === undefined;
              const isReserved = await budget.reserve(runs[one.run]!, one.round).then(
                () => true,
                () => false,
              );
              if (isReserved) expect(isAllowed).toBe(true);
              if (isReserved) sent[one.run]!.add(one.round);
            }
          }
          const spent = await new Budget(inner).spent();
          expect(spent.epsilon).toBeLessThanOrEqual(limit.epsilon);
          for (const [index, rounds] of sent.entries()) {
            const ascending = [...rounds].toSorted((a, b) => a - b);
            expect(isAdmissible(schedules[index]!, ascending)).toBe(true);
            expect(ascending.every((round) => round <= 12)).toBe(true);
            const reserved = spent.runs.find(({ run }) => run === `run-${index}`)?.reserved ?? [];
            expect(isAdmissible(schedules[index]!, reserved)).toBe(true);
            for (const round of rounds) expect(reserved).toContain(round);
          }
        },
      ),
    );
  });
});
