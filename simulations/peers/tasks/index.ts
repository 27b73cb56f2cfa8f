/** Every task of agents. A new one is a file and a line here. */
import { cooperation } from "./cooperation.ts";
import { nmf } from "./nmf.ts";
import { spectral } from "./spectral.ts";
import type { TaskDefinition } from "./task.ts";

/** The tasks that a scenario may name. */
export const tasks: readonly TaskDefinition[] = [nmf, spectral, cooperation];
