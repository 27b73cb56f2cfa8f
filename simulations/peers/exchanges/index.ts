/** Every exchange. A new one is a file and a line here. */
import { clear } from "./clear.ts";
import type { ExchangeDefinition } from "./exchange.ts";
import { paillier } from "./paillier.ts";

/** The exchanges that a scenario may name. */
export const exchanges: readonly ExchangeDefinition[] = [clear, paillier];
