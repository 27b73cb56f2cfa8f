/** Every sharing policy at once, for whoever lists or checks them. The list itself is in lazy.ts. */
import { loadSharings } from "./lazy.ts";
import type { SharingDefinition } from "./sharing.ts";

/** The policies that terms may name. */
export const sharings: readonly SharingDefinition[] = await loadSharings();
