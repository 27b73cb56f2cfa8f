/** Every way of holding out. A new one is a file and a line here. */
import { drawn } from "./drawn.ts";
import type { HoldOutDefinition } from "./hold-out.ts";
import { latest } from "./latest.ts";

/** The ways that terms may name. */
export const holdOuts: readonly HoldOutDefinition[] = [latest, drawn] as readonly HoldOutDefinition[];
