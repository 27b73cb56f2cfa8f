/** The device's ledger of privacy spent: what is reserved stays reserved, and no promise is exceeded. */
import { describe, expect, it } from "vitest";
import { Budget, type BudgetedRun, type BudgetLimit } from "../../../client/budget.ts";
import { type ClientStore, memoryStore } from "../../../client/index.ts";
import type { Participation } from "../../../shared/privacy/matrix/participation.ts";
import { budgetedRun } from "../../support/budgeted-run.ts";

async function reserveAll(run: BudgetedRun, rounds: readonly number[], budget = new Budget(memoryStore())): Promise<string[]> {
  const outcomes: string[] = [];
  for (const round of rounds) {
    outcomes.push(
      await budget.reserve(run, round).then(
        () => "reserved",
        (error: { code: string }) => error.code,
      ),
    );
  }
  return outcomes;
}

const no = "BUDGET_EXHAUSTED";
const yes = "reserved";

describe("a run's promise of participation", () => {
  it.each<[string, Participation, readonly (readonly [round: number, outcome: string])[]]>([
    [
      "a single round",
      { kind: "single" },
      [
        [3, yes],
        [4, no],
        [3, yes],
      ],
    ],
    [
      "at most two rounds",
      { kind: "unrestricted", participations: 2 },
      [
        [1, yes],
        [2, yes],
        [3, no],
      ],
    ],
    [
      "rounds at least three apart",
      { kind: "min-separation", participations: 3, separation: 3 },
      [
        [2, yes],
        [4, no],
        [5, yes],
        [7, no],
        [9, yes],
        [12, no],
      ],
    ],
    [
      "rounds exactly four apart, some missed",
      { kind: "fixed-epoch", participations: 3, separation: 4 },
      [
        [1, yes],
        [4, no],
        [6, no],
        [9, yes],
        [10, no],
      ],
    ],
    [
      "no epoch beyond the last, counted from the first",
      { kind: "fixed-epoch", participations: 2, separation: 4 },
      [
        [1, yes],
        [9, no],
        [5, yes],
        [9, no],
      ],
    ],
  ])("is kept: %s", async (_what, participation, steps) => {
    const outcomes = await reserveAll(
      budgetedRun({ participation }),
      steps.map(([round]) => round),
    );
    expect(outcomes).toEqual(steps.map(([, outcome]) => outcome));
  });

  it("ends with the terms' last round, and never goes back to an older one", async () => {
    expect(await reserveAll(budgetedRun({ rounds: 5 }), [4, 3, 6, 5])).toEqual([yes, no, no, yes]);
  });

  it("says which round stands in the way, and what the terms promise", async () => {
    const budget = new Budget(memoryStore());
    const run = budgetedRun({ participation: { kind: "min-separation", participations: 3, separation: 3 } });
    await budget.reserve(run, 2);
    expect(await budget.refusal(run, 4)).toBe(
      "BUDGET_EXHAUSTED: after 1 rounds, the last one 2, round 4 is not allowed: the terms promise at most 3 rounds, at least 3 apart",
    );
    expect(await budget.refusal(run, 5)).toBeUndefined();
  });
});

describe("a reservation", () => {
  const run = budgetedRun({ participation: { kind: "single" } });

  it("is told to one of all that ask at once, in as many windows as a store has", async () => {
    const store = memoryStore();
    const told = await Promise.all(Array.from({ length: 5 }, () => new Budget(store).reserve(run, 3)));
    expect(told.toSorted()).toEqual([false, false, false, false, true]);
  });

  it("is there after a crash before anything was sealed, and is no other one when the round is asked for again", async () => {
    const store = memoryStore();
    expect(await new Budget(store).isReserved(run, 3)).toBe(false);
    expect(await new Budget(store).reserve(run, 3)).toBe(true);
    const again = new Budget(store);
    expect(await again.isReserved(run, 3)).toBe(true);
    expect(await again.refusal(run, 3)).toBeUndefined();
    expect(await again.reserve(run, 3)).toBe(false);
    expect((await again.spent()).runs).toMatchObject([{ reserved: [3], included: [] }]);
    expect(await again.refusal(run, 4)).toMatch(/^BUDGET_EXHAUSTED/);
  });

  it("has settled only when it is durable", async () => {
    const inner = memoryStore();
    let settle = (): void => undefined;
    const store: ClientStore = {
      ...inner,
      set: async (key, bytes) => {
        await new Promise<void>((resolve) => (settle = resolve));
        await inner.set(key, bytes);
      },
    };
    let isReserved = false;
    const reserving = new Budget(store).reserve(run, 3).then(() => (isReserved = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isReserved).toBe(false);
    settle();
    await reserving;
    expect((await new Budget(inner).spent()).runs).toMatchObject([{ reserved: [3] }]);
  });

  it("is marked when it was included, and is no less spent when it was not", async () => {
    const budget = new Budget(memoryStore());
    const often = budgetedRun();
    await reserveAll(often, [1, 2, 3], budget);
    await budget.commit(often, 2);
    await budget.commit(often, 7);
    await budget.commit(often, 2);
    expect((await budget.spent()).runs).toMatchObject([{ reserved: [1, 2, 3], included: [2] }]);
  });

  it("of each of many runs of one store is kept when all are made at once", async () => {
    const store = memoryStore();
    const runs = Array.from({ length: 8 }, (_, index) => budgetedRun({ id: `run-${index}` }));
    await Promise.all(runs.map((one) => new Budget(store).reserve(one, 1)));
    expect((await new Budget(store).spent()).runs.map(({ run: name }) => name).toSorted()).toEqual(runs.map(({ terms }) => terms.id));
  });
});

describe("the user's own budget over all runs", () => {
  const limit: BudgetLimit = { epsilon: 0.3, delta: 1e-5 };

  it("charges a run with its whole promise at its first round, and no more at later ones", async () => {
    const budget = new Budget(memoryStore(), limit);
    const run = budgetedRun({ epsilon: 0.2, delta: 4e-6 });
    expect(await reserveAll(run, [1, 2, 3], budget)).toEqual([yes, yes, yes]);
    expect(await budget.spent()).toMatchObject({ epsilon: 0.2, delta: 4e-6 });
  });

  it("adds up epsilons and deltas to exactly the limit, and refuses the run that exceeds either", async () => {
    const store = memoryStore();
    const budget = new Budget(store, limit);
    await budget.reserve(budgetedRun({ id: "a", epsilon: 0.1, delta: 1e-6 }), 1);
    const heavy = budgetedRun({ id: "b", epsilon: 0.25, delta: 1e-6 });
    expect(await budget.refusal(heavy, 1)).toMatch(/^BUDGET_EXHAUSTED.*\(0\.35, .*raise accept\.budget/);
    await expect(budget.reserve(heavy, 1)).rejects.toMatchObject({ code: no });
    expect(await budget.refusal(budgetedRun({ id: "c", epsilon: 0.01, delta: 1e-5 }), 1)).toMatch(/^BUDGET_EXHAUSTED/);
    await budget.reserve(budgetedRun({ id: "d", epsilon: 0.2, delta: 1e-6 }), 1);
    expect(await new Budget(store).spent()).toMatchObject({ epsilon: expect.closeTo(0.3, 12) as number, delta: 2e-6 });
  });

  it("counts a run whose terms changed as another run", async () => {
    const budget = new Budget(memoryStore(), limit);
    await budget.reserve(budgetedRun({ id: "a", epsilon: 0.2 }), 1);
    expect(await budget.refusal(budgetedRun({ id: "a", epsilon: 0.2, rounds: 99 }), 1)).toMatch(/^BUDGET_EXHAUSTED/);
  });
});

describe("the ledger", () => {
  it("is not charged by a run without a promise", async () => {
    const store = memoryStore();
    const budget = new Budget(store);
    const run = { digest: "plain", terms: { id: "plain", rounds: 2 } };
    expect(await budget.refusal(run, 9)).toBeUndefined();
    await budget.reserve(run, 9);
    await budget.commit(run, 9);
    expect(await budget.spent()).toEqual({ epsilon: 0, delta: 0, runs: [] });
    expect(await store.get("@budget")).toBeUndefined();
  });

  it.each(["", "{", "[]", '{"version":1,"runs":[{"run":"a"}]}', '{"version":2,"runs":[]}'])(
    "that is damaged refuses every round: %s",
    async (text) => {
      const store = memoryStore();
      await store.set("@budget", new TextEncoder().encode(text));
      const budget = new Budget(store);
      expect(await budget.refusal(budgetedRun(), 1)).toMatch(/^LEDGER_CORRUPT/);
      await expect(budget.reserve(budgetedRun(), 1)).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
      await expect(budget.spent()).rejects.toMatchObject({ code: "LEDGER_CORRUPT" });
    },
  );
});

it.each([
  [{ epsilon: Number.NaN, delta: 1e-5 }],
  [{ epsilon: 5, delta: Number.NaN }],
  [{ epsilon: -1, delta: 1e-5 }],
  [{ epsilon: 5 } as { epsilon: number; delta: number }],
])("refuses a limit that would limit nothing: %o", (limit) => {
  expect(() => new Budget(memoryStore(), limit)).toThrow(/accept.budget/);
});
