/**
 * The seam for clips: what bounds one contribution before noise hides it. May import the events, norm, registry.
 * One file per clip; index.ts lists them; the conformance suite proves each.
 *
 * Every clip treats a contribution with a NaN or an infinity as zeros: silently, since a refusal would tell what it held.
 */

import type { Definition } from "../../registry.ts";
import type { Neighboring } from "../event.ts";

/** Bounds contributions. */
export interface Clip {
  readonly kind: string;
  /**
   * A bounded copy.
   *
   * @param values [n] not modified
   * @throws RangeError when n does not suit the shape the clip was made for
   */
  clip(values: Float64Array): Float64Array;
  /** The value of one unit of the result: 1, or the grid's step where the result counts steps. */
  readonly unit: number;
  /** How far, in L2 and in units of the result, neighboring sums of clipped contributions may lie apart. */
  sensitivity(neighboring: Neighboring): number;
}

/** Public facts about the vectors to clip. */
export interface ClipShape {
  /** Values of a vector. */
  readonly size: number;
  /** Where the vector is made of tensors [rows x width], one behind the other, that share their rows (items): how many rows. */
  readonly rows?: number;
  /** The widths of those tensors; one tensor when absent. */
  readonly widths?: readonly number[];
  /** A public weight for each row, at least 0; 1 when absent. */
  readonly rowWeights?: Float64Array;
}

/** A clip's entry in the index. */
export interface ClipDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** @throws CofactorError CONFIG_INVALID when the options cannot bound vectors of this shape */
  create(options: Options, shape: ClipShape): Clip;
}

/** The sensitivity of sums whose members have an L2 norm of at most `bound`: replacing a member can move it twice as far. */
export function sensitivityOf(bound: number, neighboring: Neighboring): number {
  return neighboring === "replace" ? 2 * bound : bound;
}
