/** A device's own factors and biases: a type that no codec takes. Imports nothing. */

/**
 * The private part of a model: one person's factors and biases as a flat vector.
 *
 * Guarantees: it is no typed array, so that no function that makes bytes accepts it; turning it into JSON throws.
 * Only a device's own store (client/vault.ts) reads `values` to keep them.
 */
export class PrivatePart {
  /** Secret: never send, log or put into an error. */
  readonly values: Float64Array;

  constructor(values: Float64Array) {
    this.values = values;
  }

  /** @throws TypeError always */
  toJSON(): never {
    throw new TypeError("a private part has no wire form");
  }
}
