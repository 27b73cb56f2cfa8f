/** Every reward scheme, and every way to divide a group's value among people. A new one is a file and a line here. */
import type { DivisionDefinition } from "./division.ts";
import { even } from "./divisions/even.ts";
import { fitted } from "./divisions/fitted.ts";
import type { SchemeDefinition } from "./scheme.ts";
import { discounted } from "./schemes/discounted.ts";
import { intervals } from "./schemes/intervals.ts";
import { leaveOneOut } from "./schemes/leave-one-out.ts";
import { permutations } from "./schemes/permutations.ts";
import { shapley } from "./schemes/shapley.ts";

/** The schemes that a section may name. */
export const schemes: readonly SchemeDefinition[] = [
  permutations,
  leaveOneOut,
  shapley,
  intervals,
  discounted,
] as readonly SchemeDefinition[];

/** The divisions that a section may name. */
export const divisions: readonly DivisionDefinition[] = [even, fitted] as readonly DivisionDefinition[];
