/** The simulations' public entry: `cofactor/simulations`. */
export type { Adversary, AdversaryDefinition, AdversarySetting } from "./adversaries/adversary.ts";
export { adversaries } from "./adversaries/index.ts";
export type { AttackResult, AttackSuccess } from "./attack-figures.ts";
export { type Dataset, type DatasetSection, datasets, listDatasets, loadDataset } from "./datasets/index.ts";
export { type Evaluation, evaluate } from "./evaluate.ts";
export { type PeerResult, type PeerScenario, parsePeerScenario, runPeerScenario } from "./peers/scenario.ts";
export type { Result, RoundResult } from "./result.ts";
export { parseScenario, type Scenario } from "./scenario.ts";
export { loadScenario } from "./scenario-file.ts";
export { type SimulateOptions, simulate } from "./simulate.ts";
export { type Split, splitDataset } from "./split.ts";
export { type CellCache, folderCache, noCache } from "./sweep/cache.ts";
export { type Cell, type CellOptions, createCell, runCell } from "./sweep/cell.ts";
export type { Executor } from "./sweep/executor.ts";
export { type Grid, loadGrid } from "./sweep/grid.ts";
export type { SweepResult } from "./sweep/summary.ts";
export { runSweep, type SweepOptions } from "./sweep/sweep.ts";
export { createExecutor } from "./sweep/threads.ts";
