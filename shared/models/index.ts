/** Every model. A new one is a file and a line here. */
import type { ModelDefinition } from "./model.ts";

/** The models that terms may name. */
export const models: readonly ModelDefinition[] = [];
