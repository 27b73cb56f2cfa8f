/** Devices that count as attackers and do nothing. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { itemList, targetsOf } from "./options.ts";

/** Options of the control. */
export interface ControlOptions {
  readonly kind: "control";
  /** Items whose exposure is told; by default the one that attacks of this seed would choose. */
  readonly targets?: readonly number[] | undefined;
}

/** Honest devices whose owners are not judged: what an attack of the same size and seed is compared with, over the same people. */
export const control: AdversaryDefinition<ControlOptions> = {
  kind: "control",
  summary: "Does nothing wrong: the run without the attack, judged by the same people.",
  source: "none",
  options: v.strictObject({ kind: v.literal("control"), targets: itemList }),
  create: ({ targets }, setting) => ({ kind: "control", targets: targetsOf(targets, setting) }),
};
