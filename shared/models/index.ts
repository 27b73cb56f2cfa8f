/** Every model at once, for whoever lists or compares them. The list itself is in lazy.ts. */
import { loadModels } from "./lazy.ts";
import type { ModelDefinition } from "./model.ts";

/** The models that terms may name. */
export const models: readonly ModelDefinition[] = await loadModels();
