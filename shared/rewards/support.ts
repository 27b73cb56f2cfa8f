/** What has rewards in terms, as one part that is loaded when terms ask for it. Imports terms. */
import { readRewards } from "./terms.ts";

/** Reads the section of terms. */
export interface RewardSupport {
  readonly readRewards: typeof readRewards;
}

/** The support itself. */
export const rewardSupport: RewardSupport = Object.freeze({ readRewards });
