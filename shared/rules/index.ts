/** Every rule at once, for whoever lists or compares them. The list itself is in lazy.ts. */
import { loadRules } from "./lazy.ts";
import type { RuleDefinition } from "./rule.ts";

/** The rules that terms may name. */
export const rules: readonly RuleDefinition[] = await loadRules();
