/** What a device's ledger asks of a run, without the run. */
import type { BudgetedRun } from "../../client/budget.ts";
import type { Participation } from "../../shared/privacy/matrix/participation.ts";

/** What a test says of the run. */
export interface BudgetedFacts {
  readonly id?: string;
  readonly rounds?: number;
  readonly epsilon?: number;
  readonly delta?: number;
  readonly participation?: Participation;
}

/** A run whose digest tells all of its facts apart. */
export function budgetedRun(facts: BudgetedFacts = {}): BudgetedRun {
  const {
    id = "films-1",
    rounds = 12,
    epsilon = 1,
    delta = 1e-6,
    participation = { kind: "unrestricted", participations: rounds },
  } = facts;
  const privacy = {
    mechanism: { kind: "gaussian" },
    unit: "user",
    neighboring: "zero-out",
    epsilon,
    delta,
    participation,
    noiseMultiplier: 1,
  } as const;
  return { digest: JSON.stringify([id, rounds, epsilon, delta, participation]), terms: { id, rounds, privacy } };
}
