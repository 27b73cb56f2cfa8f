/** Every optimizer. A new one is a file and a line here. */
import { adam } from "./adam.ts";
import type { OptimizerDefinition } from "./optimizer.ts";
import { sgd } from "./sgd.ts";
import { smmf } from "./smmf.ts";
import { yogi } from "./yogi.ts";

/** The optimizers that a model's options may name. */
export const optimizers: readonly OptimizerDefinition[] = [adam, sgd, smmf, yogi];
