/** Every protection. A new one is a file and a line here. */

import { maskedPaillier } from "./masked-paillier.ts";
import { masks } from "./masks.ts";
import { open } from "./open.ts";
import { paillier } from "./paillier.ts";
import type { ProtectionDefinition } from "./protection.ts";

/** The protections that terms may name. */
export const protections: readonly ProtectionDefinition[] = [open, masks, paillier, maskedPaillier];
