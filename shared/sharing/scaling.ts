/** The factor before what is read of a few directions: low-rank.ts tells what each means. Imports nothing. */

/** Which factor. */
export type Scaling = "none" | "standard" | "rs";

/** The factor for `rank` of `width` directions. */
export function scalingFactor(scaling: Scaling, width: number, rank: number): number {
  if (scaling === "none") return 1;
  return scaling === "standard" ? width / rank : Math.sqrt(width / rank);
}
