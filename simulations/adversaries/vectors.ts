/** Loops over vectors that adversaries share. Imports nothing. */

/** values x= factor. */
export function scaleInPlace(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = factor * values[i]!;
}

/** Root of the mean square; 0 of nothing. */
export function rootMeanSquare(values: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! * values[i]!;
  return Math.sqrt(squares / Math.max(1, values.length));
}
