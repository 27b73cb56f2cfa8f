/** The round's machine under random events: nobody is lost, nobody counts twice, nothing is revealed below the minimum. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beginRound, contributorsOf, type RoundEvent, type RoundState, stepRound } from "../../shared/round.ts";

const people = ["a", "b", "c", "d", "e", "stranger"];
const names = fc.subarray(people);
const event: fc.Arbitrary<RoundEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("answered" as const), stage: fc.nat(2), clients: names }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("gone" as const), clients: names }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deadline" as const), stage: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "revealed" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "failed" as const, reason: "no keyholder" }) },
);
const runs = process.env["COFACTOR_SLOW"] === undefined ? 300 : 30_000;

/** Where a round stands on its way: it never goes back. */
function progress({ phase, stage }: RoundState): number {
  return phase === "collecting" ? stage : phase === "revealing" ? 10 : 11;
}

describe("stepRound", () => {
  it("keeps its promises under any events", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(event, { maxLength: 40 }),
        (count, min, events) => {
          const cohort = people.slice(0, 5);
          let { state } = beginRound(1, cohort, { min }, { count, contribution: count > 2 ? 1 : count - 1 });
          let revealed = 0;
          let ended = 0;
          for (const next of events) {
            const before = state;
            const step = stepRound(state, next);
            expect(stepRound(before, next)).toEqual(step);
            state = step.state;
            expect(progress(state)).toBeGreaterThanOrEqual(progress(before));
            expect([...state.members.keys()]).toEqual(cohort);
            for (const [client, status] of before.members) if (status === "gone") expect(state.members.get(client)).toBe("gone");
            for (const effect of step.effects) {
              if (effect.kind === "reveal") {
                revealed += 1;
                expect(effect.contributors.length).toBeGreaterThanOrEqual(min);
                expect(new Set(effect.contributors).size).toBe(effect.contributors.length);
                expect(effect.contributors).toEqual(contributorsOf(state));
                if (count <= 2) for (const client of effect.contributors) expect(state.members.get(client)).toBe("answered");
              }
              if (effect.kind === "publish" || effect.kind === "abandon") ended += 1;
              if (effect.kind === "publish") expect(revealed).toBe(1);
            }
          }
          expect(revealed).toBeLessThanOrEqual(1);
          expect(ended).toBeLessThanOrEqual(1);
          expect(ended === 1).toBe(state.phase === "published" || state.phase === "abandoned");
        },
      ),
      { numRuns: runs },
    );
  });

  it("asks at each stage exactly those who answered the stage before", () => {
    fc.assert(
      fc.property(fc.subarray(people.slice(0, 5), { minLength: 2 }), fc.subarray(people.slice(0, 5)), (first, second) => {
        const { state } = beginRound(1, people.slice(0, 5), { min: 2 }, { count: 2, contribution: 1 });
        const answered = stepRound(state, { kind: "answered", stage: 0, clients: first }).state;
        const closed = first.length === 5 ? undefined : stepRound(answered, { kind: "deadline", stage: 0 });
        if (closed !== undefined) expect(closed.effects).toEqual([{ kind: "ask", stage: 1, clients: first }]);
        const next = stepRound(closed?.state ?? answered, { kind: "answered", stage: 1, clients: second }).state;
        for (const [client, status] of next.members) {
          if (status === "answered" && next.stage === 1) expect(first.includes(client) && second.includes(client)).toBe(true);
        }
      }),
    );
  });
});
