/** Every clip. A new one is a file and a line here. */
import type { ClipDefinition } from "./clip.ts";
import { flat } from "./flat.ts";
import { grid } from "./grid.ts";
import { rows } from "./rows.ts";
import { weightedRows } from "./weighted-rows.ts";

/** The clips that plans may name. */
export const clips: readonly ClipDefinition[] = [flat, rows, weightedRows, grid];
