/** Has a round's sums opened, and names whose contributions made one unusable. Imports shared, evidence. */
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { RevealedGroups } from "../shared/protections/grouped.ts";
import type { AggregatorHalf } from "../shared/protections/protection.ts";
import { contributingGroups, contributorsIn } from "../shared/round.ts";
import type { ActiveRound } from "./active-round.ts";
import type { CoordinatorParts } from "./coordinator-parts.ts";
import { type Evidence, evidenceOf } from "./evidence.ts";

/**
 * The sums of a round's groups, one list of contributors for each.
 * @throws CofactorError as `GroupedAggregator.reveal`, with culprits where the protection can tell
 */
export function openSums(
  { run, store, opener }: Pick<CoordinatorParts, "run" | "store" | "opener">,
  { state, aggregator }: Pick<ActiveRound, "state" | "aggregator">,
): Promise<RevealedGroups> {
  return aggregator.reveal(contributingGroups(state), run.groups.least, async (half, group) => {
    const evidence = evidenceOf(run, store, state.round, contributorsIn(state, group));
    try {
      return await half.reveal({ open: (request, accept) => opener.open(request, accept, evidence) });
    } catch (error) {
      throw await blamed(half, evidence, error);
    }
  });
}

async function blamed(half: AggregatorHalf, evidence: Evidence, error: unknown): Promise<unknown> {
  if (!isCofactorError(error) || error.code !== "AGGREGATION_FAILED" || half.blame === undefined) return error;
  const contributions: [client: string, contribution: Uint8Array][] = [];
  for (const [index, { client }] of (await evidence.contributors()).entries()) {
    contributions.push([client, await evidence.contribution(index)]);
  }
  const culprits = half.blame(contributions);
  return culprits.length === 0 ? error : new CofactorError("AGGREGATION_FAILED", error.message, { culprits, details: error.details });
}
