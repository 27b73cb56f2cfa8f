/**
 * The accountant of Renyi differential privacy: divergences add up at each order. Imports the seam, the curves, valibot.
 *
 * Quick (milliseconds) and good for every event; about a tenth looser than the "pld" accountant for sampled Gaussians.
 */
import * as v from "valibot";
import { type AccountantDefinition, createAccountant } from "./accountant.ts";
import { rdpOf } from "./rdp-curves.ts";

/** Options of the RDP accountant. */
export interface RdpOptions {
  readonly kind: "rdp";
  /** Orders above 1. */
  readonly orders: readonly number[];
}

/** The orders that dp_accounting uses by default. */
export const defaultOrders: readonly number[] = [
  ...Array.from({ length: 99 }, (_, i) => (11 + i) / 10),
  ...Array.from({ length: 53 }, (_, i) => 11 + i),
  ...[128, 256, 512, 1024],
];

/** The RDP accountant. Its state is the divergence at each order. */
export const rdp: AccountantDefinition<RdpOptions> = {
  kind: "rdp",
  summary: "Renyi divergences at many orders: quick, for every kind of event.",
  source: "Mironov 2017, https://arxiv.org/abs/1702.07476",
  options: v.strictObject({
    kind: v.literal("rdp"),
    orders: v.optional(v.pipe(v.array(v.pipe(v.number(), v.gtValue(1))), v.minLength(1)), [...defaultOrders]),
  }),
  create: ({ orders }, neighboring) =>
    createAccountant<Float64Array>(
      {
        kind: "rdp",
        neighboring,
        add: (divergences, { event, count }) => divergences.map((sum, i) => sum + count * rdpOf(event, orders[i]!)),
        refuse: () => undefined,
        epsilon: (divergences, delta) => leastOf(orders, (order, i) => epsilonAt(order, divergences[i]!, delta)),
        delta: (divergences, epsilon) => Math.exp(leastOf(orders, (order, i) => logDeltaAt(order, divergences[i]!, epsilon))),
      },
      new Float64Array(orders.length),
    ),
};

/**
 * The epsilon that a divergence at one order gives for delta in (0, 1).
 *
 * Source: Canonne, Kamath and Steinke 2020, proposition 12, https://arxiv.org/abs/2004.00010; 0 where the divergence alone bounds the
 * total variation distance (Bretagnolle and Huber).
 */
export function epsilonAt(order: number, divergence: number, delta: number): number {
  if (delta * delta + Math.expm1(-divergence) > 0) return 0;
  if (order === Number.POSITIVE_INFINITY) return divergence;
  // Near order 1 the conversion is unstable, and never the best.
  if (order <= 1.01) return Number.POSITIVE_INFINITY;
  return divergence + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1);
}

/** ln of the delta that a divergence at one order gives for an epsilon; the inverse of `epsilonAt`. */
export function logDeltaAt(order: number, divergence: number, epsilon: number): number {
  if (divergence === 0) return Number.NEGATIVE_INFINITY;
  const total = 0.5 * Math.log1p(-Math.exp(-divergence));
  if (order <= 1.01) return total;
  if (order === Number.POSITIVE_INFINITY) return divergence <= epsilon ? Number.NEGATIVE_INFINITY : total;
  return Math.min(total, (order - 1) * (divergence - epsilon + Math.log1p(-1 / order)) - Math.log(order));
}

function leastOf(orders: readonly number[], value: (order: number, index: number) => number): number {
  return orders.reduce((least, order, index) => Math.min(least, value(order, index)), Number.POSITIVE_INFINITY);
}
