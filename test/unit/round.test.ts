/** The round's state machine: who is awaited, when a stage ends, and what can no longer change anything. */
import { describe, expect, it } from "vitest";
import { beginRound, contributorsOf, type RoundState, standingOf, stepRound } from "../../shared/round.ts";

const cohort = ["a", "b", "c"];
const one = { count: 1, contribution: 0 };
const two = { count: 2, contribution: 1 };
const three = { count: 3, contribution: 2 };
const answered = (stage: number, ...clients: string[]) => ({ kind: "answered", stage, clients }) as const;
const gone = (...clients: string[]) => ({ kind: "gone", clients }) as const;

describe("beginRound", () => {
  it("asks the whole cohort", () => {
    expect(beginRound(1, cohort, { min: 2 }, one).effects).toEqual([{ kind: "ask", stage: 0, clients: cohort }]);
  });

  it("abandons a round whose cohort is below the minimum, counting nobody twice", () => {
    expect(beginRound(1, ["a", "a"], { min: 2 }, one).effects).toEqual([
      { kind: "abandon", reason: "expected a cohort of at least 2, got 1" },
    ]);
  });
});

describe("stepRound", () => {
  it("reveals when everybody has answered, and publishes once revealed", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, one);
    const waiting = stepRound(state, answered(0, "a", "b"));
    expect(waiting.effects).toEqual([]);
    const full = stepRound(waiting.state, answered(0, "c"));
    expect(full.effects).toEqual([{ kind: "reveal", contributors: cohort }]);
    const published = stepRound(full.state, { kind: "revealed" });
    expect(published.effects).toEqual([{ kind: "publish", contributors: cohort }]);
    expect(published.state.phase).toBe("published");
  });

  it("goes on without those who are gone, as soon as nobody is awaited", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, one);
    const step = stepRound(stepRound(state, answered(0, "a", "c")).state, gone("b"));
    expect(step.effects).toEqual([{ kind: "reveal", contributors: ["a", "c"] }]);
  });

  it("keeps the answer of a client that goes away after it", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, one);
    const step = stepRound(stepRound(stepRound(state, answered(0, "a", "b")).state, gone("a")).state, gone("c"));
    expect(step.effects).toEqual([{ kind: "reveal", contributors: ["a", "b"] }]);
  });

  it("abandons below the minimum at the deadline, and reveals at or above it", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, one);
    const deadline = { kind: "deadline", stage: 0 } as const;
    expect(stepRound(stepRound(state, answered(0, "a")).state, deadline).effects).toEqual([
      { kind: "abandon", reason: "expected at least 2 answers, got 1" },
    ]);
    expect(stepRound(stepRound(state, answered(0, "a", "b")).state, deadline).effects).toEqual([
      { kind: "reveal", contributors: ["a", "b"] },
    ]);
  });

  it("asks only the survivors of a stage at the next one", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, three);
    const second = stepRound(stepRound(state, answered(0, "a", "b")).state, gone("c"));
    expect(second.effects).toEqual([{ kind: "ask", stage: 1, clients: ["a", "b"] }]);
    const stale = stepRound(second.state, answered(0, "c"));
    expect(stale.state).toBe(second.state);
    expect(stepRound(second.state, { kind: "deadline", stage: 0 }).state).toBe(second.state);
  });

  it("keeps a contribution whose device is lost in the stages behind it, for which any number of answers will do", () => {
    let { state } = beginRound(1, cohort, { min: 2 }, { count: 3, contribution: 1 });
    for (const event of [answered(0, "a", "b", "c"), answered(1, "a", "c"), gone("b")] as const) ({ state } = stepRound(state, event));
    expect(state).toMatchObject({ stage: 2, contributors: ["a", "c"] });
    expect(contributorsOf(state)).toEqual(["a", "c"]);
    expect(standingOf(state, "c", 1)).toBe("duplicate");
    const step = stepRound(stepRound(state, answered(2, "c")).state, gone("a"));
    expect(step.effects).toEqual([{ kind: "reveal", contributors: ["a", "c"] }]);
    expect(standingOf(step.state, "a", 1)).toBe("duplicate");
    expect(standingOf(step.state, "a", 2)).toBe("late");
    const alone = stepRound(state, { kind: "deadline", stage: 2 });
    expect(alone.effects).toEqual([{ kind: "abandon", reason: "expected at least 1 answers, got 0" }]);
  });

  it("ignores strangers, repeats and everything after the end", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, one);
    expect(stepRound(state, answered(0, "z")).state).toBe(state);
    const once = stepRound(state, answered(0, "a")).state;
    expect(stepRound(once, answered(0, "a")).state).toBe(once);
    const failed = stepRound(once, { kind: "failed", reason: "no keyholder" });
    expect(failed.effects).toEqual([{ kind: "abandon", reason: "no keyholder" }]);
    expect(stepRound(failed.state, answered(0, "b", "c"))).toEqual({ state: failed.state, effects: [] });
  });

  it("does not write to the state it was given", () => {
    const { state } = beginRound(1, cohort, { min: 2 }, one);
    const before = [...state.members];
    stepRound(state, answered(0, "a", "b", "c"));
    expect([...state.members]).toEqual(before);
  });
});

describe("standingOf", () => {
  const { state } = beginRound(4, cohort, { min: 2 }, two);

  it("tells an awaited answer from a repeat, a late one and a stranger's", () => {
    const after = stepRound(state, answered(0, "a")).state;
    expect(standingOf(after, "b", 0)).toBe("expected");
    expect(standingOf(after, "a", 0)).toBe("duplicate");
    expect(standingOf(after, "z", 0)).toBe("stranger");
    expect(standingOf(after, "b", 1)).toBe("late");
    const closed: RoundState = stepRound(stepRound(after, answered(0, "b")).state, { kind: "deadline", stage: 0 }).state;
    expect(standingOf(closed, "c", 0)).toBe("late");
    expect(standingOf(closed, "a", 0)).toBe("duplicate");
    expect(standingOf(closed, "a", 1)).toBe("expected");
  });
});
