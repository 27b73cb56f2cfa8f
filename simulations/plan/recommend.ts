/** Which protection the planner would take, and why. Imports pricing. */
import type { Job } from "./pricing.ts";

/** What the planner would take. */
export interface Recommendation {
  /** Name of the protection; absent when none can do the job. */
  readonly protection?: string;
  /** One sentence. */
  readonly reason: string;
}

/** What is known of a protection when the choice is made. */
export interface Candidate {
  readonly name: string;
  /** Why it cannot do the job; absent when it can. */
  readonly refusal?: string | undefined;
}

/**
 * The choice, by three rules; the first that holds decides.
 *
 *  1. Masks, where they are sound for the stated dropout and collusion, devices can stay for five exchanges, and at least one device is
 *     assumed to collude: where the share rounds to none, the cohort is too small for a promise about it. No key, no keyholder to run and to
 *     trust, and the least work.
 *  2. Paillier split among keyholders at 2048 bits, where it can be done: it asks one answer of a device and survives any dropout.
 *  3. None. `open` and a lone keyholder are never recommended: there, one party can read everything, which is not protection but trust. The
 *     price of masks inside of encryption buys a second line that only a stated fear justifies, and 3072 bits a margin beyond 2030.
 */
export function recommend(job: Job, candidates: readonly Candidate[], answersOnce: boolean): Recommendation {
  const refusalOf = (name: string): string | undefined => {
    const found = candidates.find((candidate) => candidate.name === name);
    return found === undefined ? "it was not priced" : found.refusal;
  };
  const masked = refusalOf("masks");
  const isTooFew = job.corruption > 0 && Math.floor(job.corruption * job.clients + 1e-9) < 1;
  const against = answersOnce
    ? "devices answer once a round, and masks take five exchanges"
    : masked !== undefined
      ? `masks cannot do it (${masked})`
      : isTooFew
        ? `in a cohort of ${job.clients} a share of ${job.corruption} colluding devices rounds to none, so that masks promise nothing about them`
        : undefined;
  if (against === undefined) {
    const share = `up to ${percent(job.dropout)} of the devices lost and ${percent(job.corruption)} colluding`;
    return {
      protection: "masks",
      reason: `sound for ${share}, with no key for anybody to hold, if devices can stay for five exchanges a round`,
    };
  }
  const split = refusalOf("paillier 2048, t of n");
  if (split === undefined) {
    const keyholders = `${job.threshold} of ${job.holders} keyholders`;
    return {
      protection: "paillier 2048, t of n",
      reason: `${against}; one answer a device, any dropout, and it takes ${keyholders} to see a contribution`,
    };
  }
  return { reason: `${against}, and paillier by ${job.threshold} of ${job.holders} keyholders cannot either (${split})` };
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}
