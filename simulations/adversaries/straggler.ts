/** Devices that answer late. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { positive, share } from "./options.ts";

/** Options of stragglers. */
export interface StragglerOptions {
  readonly kind: "straggler";
  /** How late the contribution comes, virtual: beyond the network's deadline it does not count, before it it holds up the round. */
  readonly delayMs: number;
  /** Chance of a late one in a round. */
  readonly chance: number;
}

/** Answers every stage before the contribution in time, and that one late: under masks the others have to give out its shares. */
export const straggler: AdversaryDefinition<StragglerOptions> = {
  kind: "straggler",
  summary: "Answers in time until its contribution is due, and that late: the round waits, and goes on without it.",
  source: "Bonawitz et al. 2019, https://arxiv.org/abs/1902.01046",
  options: v.strictObject({ kind: v.literal("straggler"), delayMs: positive(120_000), chance: share(1) }),
  create: ({ delayMs, chance }) => ({
    kind: "straggler",
    delayMs: ({ rng }) => (rng.float() < chance ? delayMs : 0),
  }),
};
