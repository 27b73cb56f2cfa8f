/** Every rule. A new one is a file and a line here. */
import type { RuleDefinition } from "./rule.ts";
import { sum } from "./sum.ts";

/** The rules that terms may name. */
export const rules: readonly RuleDefinition[] = [sum];
