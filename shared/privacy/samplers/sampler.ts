/** The seam for samplers of integer noise: exact draws from one distribution. Imports nothing. One file per distribution. */

/**
 * Draws independent integers from one distribution.
 *
 * Guarantees: the distribution is exactly the stated one, given uniform bytes; values are whole numbers within +-2^53.
 * The time of a draw depends on its value: draw noise before the moment anyone can watch.
 */
export interface Sampler {
  readonly kind: string;
  /** Of one draw. */
  readonly variance: number;
  sample(): number;
  /** Adds a draw to each entry. */
  addTo(values: Float64Array): void;
}

/** A sampler from its draw. */
export function samplerOf(kind: string, variance: number, sample: () => number): Sampler {
  return {
    kind,
    variance,
    sample,
    addTo(values) {
      for (let i = 0; i < values.length; i++) values[i] = values[i]! + sample();
    },
  };
}
