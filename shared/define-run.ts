/** Runs from terms at once, with every model, protection and sharing policy at hand: for servers, simulations and tests. Imports run, models, protections, sharing. */
import { catalogueSupport } from "./catalogue/support.ts";
import { evaluationSupport } from "./evaluation/support.ts";
import { models } from "./models/index.ts";
import { temporalSupport } from "./models/temporal.ts";
import { protections } from "./protections/index.ts";
import { rewardSupport } from "./rewards/support.ts";
import { rules } from "./rules/index.ts";
import { buildRun, type Run } from "./run.ts";
import type { RunExtras } from "./run-parts.ts";
import { sharings } from "./sharing/index.ts";

/**
 * Makes a run ready from terms as a person or a server wrote them. Terms that do not say how many features items have take it from
 * `extras`; a model that learns from features refuses to initialize when the terms count some but their values are not here.
 *
 * @throws CofactorError CONFIG_INVALID naming the field, what was expected, and the nearest sound choice; also for terms that promise privacy
 *   when nothing is here that keeps promises: `openRun` loads it
 * @example defineRun({ id: "films-1", items: 3952, model: { kind: "fcf", rank: 16 }, protection: { kind: "open" } })
 */
export function defineRun(input: unknown, extras: RunExtras = {}): Run {
  return buildRun(
    input,
    { models, sharings, protections, rules },
    { evaluation: evaluationSupport, rewards: rewardSupport, catalogue: catalogueSupport, temporal: temporalSupport, ...extras },
  );
}
