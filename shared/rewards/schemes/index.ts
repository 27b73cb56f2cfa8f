/** Every reward scheme. A new one is a file and a line here. */
import type { SchemeDefinition } from "../scheme.ts";
import { discounted } from "./discounted.ts";
import { intervals } from "./intervals.ts";
import { leaveOneOut } from "./leave-one-out.ts";
import { permutations } from "./permutations.ts";
import { shapley } from "./shapley.ts";

/** The schemes that a section may name. */
export const schemes: readonly SchemeDefinition[] = [
  permutations,
  leaveOneOut,
  shapley,
  intervals,
  discounted,
] as readonly SchemeDefinition[];
