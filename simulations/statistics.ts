/** Small statistics of lists of numbers. Imports nothing. */

/** The middle of a list, the mean of the middle two of an even one; 0 of an empty one. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** [n] places from 1, the mean of their places for those that tie. */
export function placesOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const places = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let at = from; at < to; at++) places[order[at]!] = (from + to + 1) / 2;
    from = to;
  }
  return places;
}

/** Rank correlation (Spearman's) of two lists of one length; NaN where either does not vary. */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [first, second] = [placesOf(a), placesOf(b)];
  const middle = (a.length + 1) / 2;
  let product = 0;
  let squares = 0;
  let others = 0;
  for (let at = 0; at < first.length; at++) {
    product += (first[at]! - middle) * (second[at]! - middle);
    squares += (first[at]! - middle) ** 2;
    others += (second[at]! - middle) ** 2;
  }
  return product / Math.sqrt(squares * others);
}

/** The chance that a drawn one of `a` is below a drawn one of `b`, ties half: the area under the curve of who tells them apart. NaN when one is empty. */
export function shareBelow(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const places = placesOf([...Array.from(a), ...Array.from(b)]);
  let sum = 0;
  for (let at = a.length; at < places.length; at++) sum += places[at]!;
  return (sum - (b.length * (b.length + 1)) / 2) / (a.length * b.length);
}
