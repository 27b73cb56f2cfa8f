/** Every accountant. A new one is a file and a line here. */
import type { AccountantDefinition } from "./accountant.ts";
import { exact } from "./exact.ts";
import { pld } from "./pld.ts";
import { rdp } from "./rdp.ts";
import { zcdp } from "./zcdp.ts";

/** The accountants that plans may name, from the tightest to the most general. */
export const accountants: readonly AccountantDefinition[] = [exact, pld, zcdp, rdp];
