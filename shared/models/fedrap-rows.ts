/**
 * The inner loops of FedRAP: one row of a batch, its score and its step, for a person with a table and for one without. Imports nothing.
 *
 * Rows are kept divided by the factor that weight decay has left of them: a row of C is `tableScale` times what the array holds. Steps are
 * divided by the next factor already. Nothing here allocates, and no loop branches on a sign: tables of both signs would mispredict it.
 */

/** What the loops of a batch share: scalars of the batch, the person's own part, and where gradients gather. */
export interface RowPass {
  readonly rank: number;
  /** [rank, ...] w. */
  own: Float64Array;
  /** [rank] what the person sees in the row: D_j + C_j. */
  readonly seen: Float64Array;
  /** [rank, ...] the gradient of w, summed over the batch. */
  readonly slope: Float64Array;
  tableScale: number;
  personalScale: number;
  tableStep: number;
  personalStep: number;
  /** lambda and mu, each over n rank. */
  penalty: number;
  l1: number;
  readonly isApart: boolean;
}

/** w.C_j for a person without a table. */
export function seeCommon({ rank, own, seen, tableScale }: RowPass, table: Float64Array, at: number): number {
  let score = 0;
  for (let f = 0; f < rank; f++) {
    const value = tableScale * table[at + f]!;
    seen[f] = value;
    score += own[f]! * value;
  }
  return score;
}

/** w.(D_j + C_j). */
export function seeBoth(pass: RowPass, table: Float64Array, personal: Float32Array, at: number): number {
  const { rank, own, seen, tableScale, personalScale } = pass;
  let score = 0;
  for (let f = 0; f < rank; f++) {
    const value = tableScale * table[at + f]! + personalScale * personal[at + f]!;
    seen[f] = value;
    score += own[f]! * value;
  }
  return score;
}

/** The step of C_j, seen `times` times with the summed error `error`; returns what the penalties add to the loss. */
export function stepCommon(pass: RowPass, table: Float64Array, at: number, error: number, times: number): number {
  const { rank, own, seen, slope, tableStep, tableScale } = pass;
  const sparsity = times * pass.l1;
  let size = 0;
  for (let f = 0; f < rank; f++) {
    const stored = table[at + f]!;
    slope[f] = slope[f]! + error * seen[f]!;
    size += Math.abs(stored);
    table[at + f] = stored - tableStep * (error * own[f]! + sparsity * signOf(stored));
  }
  return sparsity * tableScale * size;
}

/** The steps of C_j and D_j, as `stepCommon`. */
export function stepBoth(pass: RowPass, table: Float64Array, personal: Float32Array, at: number, error: number, times: number): number {
  const { rank, own, seen, slope, tableStep, personalStep, tableScale, isApart } = pass;
  const sparsity = times * pass.l1;
  const weight = times * pass.penalty;
  // Similarity pushes D away from C, and C away from D; the norm pulls D to zero.
  const pull = 2 * weight;
  const personalPull = isApart ? -pull : pull;
  const tablePull = isApart ? pull : 0;
  const common = isApart ? 2 * tableScale : tableScale;
  let size = 0;
  let gap = 0;
  for (let f = 0; f < rank; f++) {
    const stored = table[at + f]!;
    const value = seen[f]!;
    const apart = value - common * stored;
    slope[f] = slope[f]! + error * value;
    size += Math.abs(stored);
    gap += apart * apart;
    const push = error * own[f]!;
    table[at + f] = stored - tableStep * (push + tablePull * apart + sparsity * signOf(stored));
    personal[at + f] = personal[at + f]! - personalStep * (push + personalPull * apart);
  }
  return sparsity * tableScale * size + (isApart ? -weight : weight) * gap;
}

/** The sign, without a branch. */
function signOf(value: number): number {
  return Number(value > 0) - Number(value < 0);
}
