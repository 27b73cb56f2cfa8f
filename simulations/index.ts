/** The simulations' public entry: `cofactor/simulations`. */
export { type Dataset, type DatasetSection, datasets, listDatasets, loadDataset } from "./datasets/index.ts";
export { type Evaluation, evaluate } from "./evaluate.ts";
export type { Result, RoundResult } from "./result.ts";
export { parseScenario, type Scenario } from "./scenario.ts";
export { loadScenario } from "./scenario-file.ts";
export { type SimulateOptions, simulate } from "./simulate.ts";
export { type Split, splitDataset } from "./split.ts";
