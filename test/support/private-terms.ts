/** Small runs that promise privacy, with their noise planned. */

import { planRun } from "../../shared/plan-run.ts";
import type { PrivacyInput } from "../../shared/privacy/promise.ts";
import type { Run } from "../../shared/run.ts";
import type { TermsInput } from "../../shared/terms.ts";
import { openTerms } from "./client-world.ts";

/** The promise of the tests' runs, but for what a test says itself. */
export const promised: PrivacyInput = { epsilon: 4, delta: 1e-5, clipNorm: 0.5 };

/** A small run in the open whose sums are noised. */
export function privateRun(privacy: Partial<PrivacyInput> = {}, terms: Partial<TermsInput> = {}): Promise<Run> {
  return planRun({ ...openTerms, rounds: 12, ...terms, privacy: { ...promised, ...privacy } });
}
