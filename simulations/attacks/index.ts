/** Every attack. A new one is a file and a line here. */
import type { Attack } from "./attack.ts";
import { differences } from "./differences.ts";
import { filledCohort } from "./filled-cohort.ts";
import { popularity } from "./popularity.ts";
import { single } from "./single.ts";
import { sums } from "./sums.ts";

/** In the order in which they are listed. */
export const attacks: readonly Attack[] = [popularity, single, sums, differences, filledCohort];
