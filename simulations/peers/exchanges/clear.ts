/** Differences in clear: for comparison alone. Imports the seam, shared, valibot. */
import * as v from "valibot";
import { createClearExchange } from "../../../shared/peer/nmf/clear-exchange.ts";
import type { ExchangeDefinition } from "./exchange.ts";

/** Options of the clear exchange. */
export interface ClearOptions {
  readonly kind: "clear";
  /** Values that share a blind; 0: all. */
  readonly blockSize: number;
}

/** No encryption: what the encrypted exchange is compared with. */
export const clear: ExchangeDefinition<ClearOptions> = {
  kind: "clear",
  summary: "Estimates in clear: hides nothing, for comparison.",
  source: "privacy-preserving distributed NMF (EUSIPCO 2024) without its privacy, https://arxiv.org/abs/2403.18326",
  options: v.strictObject({ kind: v.literal("clear"), blockSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0) }),
  create: async ({ blockSize }, agents, size) => {
    const block = blockSize === 0 ? size : blockSize;
    return { exchanges: Array.from({ length: agents }, () => createClearExchange(size, block)), facts: { valuesPerBlind: block } };
  },
};
