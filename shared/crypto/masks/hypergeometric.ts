/**
 * Tails of the hypergeometric distribution: how many marked ones are among `draws` drawn without replacement from `total`, of which `marked`
 * are. Imports nothing.
 *
 * `upperTail` uses only + - * / on doubles, so that every platform gets the same bits and derives the same graph from the same terms.
 */

/** Weights below this, relative to the mode's, are bounded instead of summed. */
const negligible = 1e-60;

/** P(X >= least), from the mode outwards by the ratios of neighboring probabilities. An upper bound, relative error below 1e-9. */
export function upperTail(total: number, marked: number, draws: number, least: number): number {
  const low = Math.max(0, draws + marked - total);
  const high = Math.min(draws, marked);
  if (least <= low) return 1;
  if (least > high) return 0;
  const mode = Math.min(high, Math.max(low, Math.floor(((draws + 1) * (marked + 1)) / (total + 2))));
  let sum = 0;
  let tail = 0;
  let weight = 1;
  for (let x = mode; ; x++) {
    sum += weight;
    if (x >= least) tail += weight;
    if (x === high) break;
    weight = (weight * ((marked - x) * (draws - x))) / ((x + 1) * (total - marked - draws + x + 1));
    if (weight < negligible && x + 1 >= least) {
      tail += weight * (high - x);
      break;
    }
    if (weight === 0) break;
  }
  weight = 1;
  for (let x = mode; x > low && weight >= negligible; x--) {
    weight = (weight * (x * (total - marked - draws + x))) / ((marked - x + 1) * (draws - x + 1));
    sum += weight;
    if (x - 1 >= least) tail += weight;
  }
  return tail / sum;
}

/** log2 P(X >= least), also where the probability is below the range of doubles. For reports: uses logarithms. */
export function logUpperTail(total: number, marked: number, draws: number, least: number): number {
  const low = Math.max(0, draws + marked - total);
  const high = Math.min(draws, marked);
  if (least <= low) return 0;
  if (least > high) return Number.NEGATIVE_INFINITY;
  const tail = upperTail(total, marked, draws, least);
  if (tail > 1e-30) return Math.log2(tail);
  let relative = 0;
  let weight = 1;
  for (let x = least; x <= high && weight > 1e-20; x++) {
    relative += weight;
    weight = (weight * ((marked - x) * (draws - x))) / ((x + 1) * (total - marked - draws + x + 1));
  }
  return logChoose(marked, least) + logChoose(total - marked, draws - least) - logChoose(total, draws) + Math.log2(relative);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log2((n - k + i) / i);
  return sum;
}
