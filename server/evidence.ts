/**
 * What a keyholder is shown of a sum: each contribution with its device's signature, read from the store when it is asked for.
 * Imports shared and the store's types.
 */
import type { OpenedPart, OpenRequest } from "../shared/protections/protection.ts";
import { contributorsOf, type RoundState } from "../shared/round.ts";
import type { Run } from "../shared/run.ts";
import type { Store, StoredAnswer } from "./store.ts";

/** The contributions of a sum, in the order of the cohort. */
export type Evidence = () => readonly StoredAnswer[];

/** Keyholders that see the evidence of what they open. An `Opener`, which needs none, is one too. */
export interface EvidencedOpener {
  /** @throws CofactorError as `Opener.open` */
  open(request: OpenRequest, accept: (part: OpenedPart) => void, evidence: Evidence): Promise<void>;
}

/** The evidence of a round's sum. */
export function evidenceOf(run: Run, store: Store, state: RoundState): Evidence {
  return () => {
    const stage = run.protection.contributionStage;
    const byClient = new Map<string, StoredAnswer>();
    for (const answer of store.answers(run.terms.id, state.round)) if (answer.stage === stage) byClient.set(answer.client, answer);
    return contributorsOf(state).map((client) => byClient.get(client)!);
  };
}
