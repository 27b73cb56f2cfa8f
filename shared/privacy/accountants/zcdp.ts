/**
 * The accountant of zero-concentrated differential privacy: rho adds up. Imports the seam, numerics, valibot.
 *
 * For noise that is no Gaussian but obeys its moments, such as the discrete Gaussian. Conversion: proposition 12 of the source with the
 * best order found by bisection of its derivative.
 *
 * Source: Bun and Steinke 2016, https://arxiv.org/abs/1605.02065; Canonne, Kamath and Steinke 2020, https://arxiv.org/abs/2004.00010
 */
import * as v from "valibot";
import type { SimpleEvent } from "../event.ts";
import { bracket, smallestWhere } from "../numerics/bisect.ts";
import { type AccountantDefinition, createAccountant } from "./accountant.ts";

/** Options of the zCDP accountant: none. */
export interface ZcdpOptions {
  readonly kind: "zcdp";
}

/** The zCDP accountant. Its state is rho. */
export const zcdp: AccountantDefinition<ZcdpOptions> = {
  kind: "zcdp",
  summary: "Zero-concentrated privacy: one number that adds up.",
  source: "Bun and Steinke 2016, https://arxiv.org/abs/1605.02065",
  options: v.strictObject({ kind: v.literal("zcdp") }),
  create: (_options, neighboring) =>
    createAccountant<number>(
      {
        kind: "zcdp",
        neighboring,
        add: (rho, { event, count }) => rho + count * rhoOf(event)!,
        refuse: (event) => (rhoOf(event) === undefined ? `has no analysis of "${event.kind}"` : undefined),
        epsilon: zcdpEpsilon,
        delta: zcdpDelta,
      },
      0,
    ),
};

/** The rho of a simple event; undefined where none is known. */
export function rhoOf(event: SimpleEvent): number | undefined {
  switch (event.kind) {
    case "gaussian":
    case "discrete-gaussian":
      return 1 / (2 * event.noiseMultiplier ** 2);
    case "laplace":
      return 1 / (2 * event.noiseMultiplier ** 2);
    case "pure":
      return event.epsilon ** 2 / 2;
    case "exponential":
      // Cesar and Rogers 2021, https://arxiv.org/abs/2004.07223
      return event.epsilon ** 2 / 8;
    case "zcdp":
      return event.rho;
    default:
      return undefined;
  }
}

/**
 * The delta of rho-zCDP at an epsilon: the least over orders a > 1 of exp((a - 1)(a rho - epsilon)) (1 - 1/a)^a / (a - 1).
 *
 * Edge cases: rho 0 -> 0; rho infinity -> 1.
 */
export function zcdpDelta(rho: number, epsilon: number): number {
  if (rho === 0 || epsilon === Number.POSITIVE_INFINITY) return 0;
  if (rho === Number.POSITIVE_INFINITY) return 1;
  // The logarithm's derivative (2a - 1) rho - epsilon + ln(1 - 1/a) rises from minus infinity: bisect a - 1.
  const rises = (above: number): boolean => (2 * above + 1) * rho - epsilon - Math.log1p(1 / above) >= 0;
  const range = bracket(rises, 1, 1000);
  const above = range === undefined ? 1e300 : smallestWhere(rises, range[0], range[1]);
  const order = 1 + above;
  return Math.min(1, Math.exp(above * (order * rho - epsilon) + order * (Math.log(above) - Math.log1p(above))) / above);
}

/** The smallest epsilon of rho-zCDP for delta in (0, 1). */
export function zcdpEpsilon(rho: number, delta: number): number {
  if (rho === Number.POSITIVE_INFINITY) return rho;
  const holds = (epsilon: number): boolean => zcdpDelta(rho, epsilon) <= delta;
  if (holds(0)) return 0;
  const range = bracket(holds, 1, 1000);
  return range === undefined ? Number.POSITIVE_INFINITY : smallestWhere(holds, range[0], range[1]);
}
