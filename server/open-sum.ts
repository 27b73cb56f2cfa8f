/** Has a round's sum opened, and names whose contributions made it unusable. Imports shared, evidence. */
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import type { Aggregate } from "../shared/models/model.ts";
import type { AggregatorHalf } from "../shared/protections/protection.ts";
import type { Evidence, EvidencedOpener } from "./evidence.ts";

/** The sum of a round. @throws CofactorError as `AggregatorHalf.reveal`, with culprits where the protection can tell */
export async function openSum(half: AggregatorHalf, opener: EvidencedOpener, evidence: Evidence): Promise<Aggregate> {
  try {
    return await half.reveal({ open: (request, accept) => opener.open(request, accept, evidence) });
  } catch (error) {
    throw blamed(half, evidence, error);
  }
}

function blamed(half: AggregatorHalf, evidence: Evidence, error: unknown): unknown {
  if (!isCofactorError(error) || error.code !== "AGGREGATION_FAILED" || half.blame === undefined) return error;
  const contributions = evidence.contributors().map(({ client }, index) => [client, evidence.contribution(index)] as const);
  const culprits = half.blame(contributions);
  return culprits.length === 0 ? error : new CofactorError("AGGREGATION_FAILED", error.message, { culprits, details: error.details });
}
