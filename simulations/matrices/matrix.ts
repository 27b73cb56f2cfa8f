/** The seam for nonnegative matrices that agents factorize: one file per matrix; index.ts lists them. Imports shared. */
import type { Columns } from "../../shared/peer/nmf/factors.ts";
import type { Rng } from "../../shared/random.ts";
import type { Definition } from "../../shared/registry.ts";

/** A nonnegative matrix, its columns contiguous, and what the figures say of it. */
export interface Matrix extends Columns {
  readonly name: string;
  /** The group of each column, where there is one: which agents a scenario may deal columns by. */
  readonly groups?: Int32Array;
  /** Of the unpacked content; undefined for drawn matrices. */
  readonly sha256?: string;
}

/** A matrix's entry in the index. */
export interface MatrixDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /** Values are scaled to at most 1, but for drawn ones. @throws CofactorError DATA_INVALID */
  load(options: Options, rng: Rng): Promise<Matrix>;
}

/** The largest value becomes 1. */
export function scaledToOne(values: ArrayLike<number>): Float64Array {
  let most = 0;
  for (let at = 0; at < values.length; at++) most = Math.max(most, values[at]!);
  return Float64Array.from(values, (value) => value / (most || 1));
}

/** Every so many-th column, so that `most` of them at most are left. */
export function thinned({ rows, count, values }: Columns, most: number): Columns {
  if (count <= most) return { rows, count, values };
  const out = new Float64Array(most * rows);
  for (let column = 0; column < most; column++) {
    const from = Math.floor((column * count) / most) * rows;
    out.set(values.subarray(from, from + rows), column * rows);
  }
  return { rows, count: most, values: out };
}
