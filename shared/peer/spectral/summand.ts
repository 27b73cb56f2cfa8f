/** Private summands of a symmetric matrix: what an agent multiplies by, without anybody forming the sum. Imports nothing. */

/** One agent's symmetric summand. */
export interface Summand {
  readonly order: number;
  /** out += A V, both [order x count] row-major. */
  apply(v: Float64Array, count: number, out: Float64Array): void;
}

/** Rows of a rating matrix, R'R of an agent's own people: [items] lists of (item, value). */
export function gramSummand(order: number, people: readonly { readonly items: Int32Array; readonly values: Float64Array }[]): Summand {
  return {
    order,
    apply(v, count, out) {
      const inner = new Float64Array(count);
      for (const { items, values } of people) {
        inner.fill(0);
        for (let at = 0; at < items.length; at++) {
          for (let f = 0; f < count; f++) inner[f] = inner[f]! + values[at]! * v[items[at]! * count + f]!;
        }
        for (let at = 0; at < items.length; at++) {
          for (let f = 0; f < count; f++) out[items[at]! * count + f] = out[items[at]! * count + f]! + values[at]! * inner[f]!;
        }
      }
    },
  };
}

/** A dense symmetric matrix [order x order]. */
export function denseSummand(order: number, entries: Float64Array): Summand {
  return {
    order,
    apply(v, count, out) {
      for (let row = 0; row < order; row++) {
        for (let column = 0; column < order; column++) {
          const entry = entries[row * order + column]!;
          if (entry === 0) continue;
          for (let f = 0; f < count; f++) out[row * count + f] = out[row * count + f]! + entry * v[column * count + f]!;
        }
      }
    },
  };
}

/** shift I / agents - A: its largest eigenpairs are the smallest of the sum, when `shift` is at least the sum's largest eigenvalue. */
export function turnedSummand(summand: Summand, shift: number, agents: number): Summand {
  return {
    order: summand.order,
    apply(v, count, out) {
      const product = new Float64Array(v.length);
      summand.apply(v, count, product);
      for (let at = 0; at < v.length; at++) out[at] = out[at]! + (shift / agents) * v[at]! - product[at]!;
    },
  };
}
