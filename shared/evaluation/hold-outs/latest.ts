/** The last of the app's list. Imports the seam. */
import { type HoldOutDefinition, type HoldOutOptions, holdOutSchema } from "./hold-out.ts";

/** Options of holding out the latest. */
export interface LatestOptions extends HoldOutOptions {
  readonly kind: "latest";
}

/** The ratings at the end of the app's list: the latest ones, where the app lists them in the order of time. */
export const latest: HoldOutDefinition<LatestOptions> = {
  kind: "latest",
  summary: "The last ratings of the app's list: the latest ones, where it is in the order of time.",
  source: "none",
  options: holdOutSchema("latest"),
  choose: ({ count }, { positions }) =>
    Int32Array.from(positions.keys())
      .sort((a, b) => positions[b]! - positions[a]!)
      .subarray(0, count)
      .sort(),
};
