/** The seam for the exchanges that a scenario may name: each makes every agent's side. Imports shared. */
import type { DifferenceExchange } from "../../../shared/peer/nmf/exchange.ts";
import type { Definition } from "../../../shared/registry.ts";

/** What an exchange made for a scenario. */
export interface MadeExchanges {
  /** One for each agent. */
  readonly exchanges: readonly DifferenceExchange[];
  /** What the result says of it. */
  readonly facts: Readonly<Record<string, number | string>>;
}

/** An exchange's entry in the index. */
export interface ExchangeDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options, agents: number, size: number): Promise<MadeExchanges>;
}
