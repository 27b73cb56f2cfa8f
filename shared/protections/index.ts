/** Every protection at once, for whoever lists or compares them. The list itself is in lazy.ts. */
import { loadProtections } from "./lazy.ts";
import type { ProtectionDefinition } from "./protection.ts";

/** The protections that terms may name. */
export const protections: readonly ProtectionDefinition[] = await loadProtections();
