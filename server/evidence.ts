/**
 * What a keyholder is shown of a sum: each contribution with its device's signature, read from the store when it is asked for.
 * Imports shared and the store's types.
 */
import { CofactorError } from "../shared/errors.ts";
import type { AcceptPart, OpenRequest } from "../shared/protections/protection.ts";
import type { Run } from "../shared/run.ts";
import type { Contributor } from "./contributor-list.ts";
import type { Store, StoredAnswer } from "./store.ts";

/** The contributions of one sum, in the order of the cohort. One is in memory at a time. */
export interface Evidence {
  contributors(): Promise<readonly Contributor[]>;
  /** The contribution of a contributor. */
  contribution(index: number): Promise<Uint8Array>;
}

/** Keyholders that see the evidence of what they open. An `Opener`, which needs none, is one too. */
export interface EvidencedOpener {
  /** @throws CofactorError as `Opener.open` */
  open(request: OpenRequest, accept: AcceptPart, evidence: Evidence): Promise<void>;
}

/**
 * The evidence of the sum of a round's group. The store's errors pass through; STORE_FAILED when a contribution is not there.
 * @param clients whose contributions are in it
 */
export function evidenceOf(run: Run, store: Store, round: number, clients: readonly string[]): Evidence {
  const read = async (index: number): Promise<StoredAnswer> => {
    const answer = await store.answer(run.terms.id, round, run.protection.contributionStage, clients[index]!);
    if (answer === undefined) throw new CofactorError("STORE_FAILED", `the store lacks contribution ${index} of round ${round}`);
    return answer;
  };
  return {
    async contributors() {
      const listed: Contributor[] = [];
      for (let index = 0; index < clients.length; index++) {
        const { client, digest, signature } = await read(index);
        listed.push({ client, digest, signature });
      }
      return listed;
    },
    contribution: async (index) => (await read(index)).bytes,
  };
}
