/** The graph of a masked round's cohort, and whether a run's cohorts have one. Imports crypto/masks, types. */
import { chooseNeighborhood, type Neighborhood } from "../crypto/masks/neighborhood.ts";
import type { MaskOptions } from "./masked-round.ts";
import type { RoundFrame } from "./protection.ts";

/** The graph of a cohort of `devices`; smaller cohorts than the options' number of neighbors get the full graph. */
export function graphOf(options: MaskOptions, devices: number): Neighborhood {
  const { neighbors, ...rest } = options;
  return chooseNeighborhood({ ...rest, devices, ...(neighbors === undefined ? {} : { neighbors: Math.min(neighbors, devices - 1) }) });
}

/** @throws CofactorError CONFIG_INVALID, with the nearest sound choice, when a run's largest or smallest cohort has no sound graph */
export function assertGraphs(options: MaskOptions, { cohort }: RoundFrame): void {
  for (const devices of new Set([cohort.size, Math.max(2, cohort.min)])) graphOf(options, devices);
}
