/** Every prior of cooperation. A new one is a file and a line here. */
import { attention } from "./attention.ts";
import { blocks } from "./blocks.ts";
import { dirac } from "./dirac.ts";
import type { PriorDefinition } from "./prior.ts";

/** The priors that a scenario may name. */
export const priors: readonly PriorDefinition[] = [dirac, blocks, attention];
