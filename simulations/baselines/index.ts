/** The baselines and their seam. */
export type { Baseline } from "./baseline.ts";
export { type Centralised, type CentralisedInput, trainCentralised } from "./centralised.ts";
export { localOnly } from "./local-only.ts";
export { itemMeans, popularity } from "./popularity.ts";
