/** One attacker behind many devices. Imports the seam, profiles. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { share, targetsOf } from "./options.ts";
import { createProfiler, type ProfileOptions, profileEntries } from "./profiles.ts";
import { rootMeanSquare } from "./vectors.ts";

/** Options of Sybils. */
export interface SybilOptions extends ProfileOptions {
  readonly kind: "sybil";
  /** Noise on every entry of a vector, as a share of its root mean square: what makes copies look like different people. */
  readonly jitter: number;
}

/** All devices of the section train on one made-up profile, that of an item push, and so send one vector, but for the jitter. */
export const sybil: AdversaryDefinition<SybilOptions> = {
  kind: "sybil",
  summary: "One attacker behind many devices: all train on the same made-up profile, which pushes target items.",
  source: "Douceur 2002, https://doi.org/10.1007/3-540-45748-8_24; Fung, Yoon, Beschastnikh 2018, https://arxiv.org/abs/1808.04866",
  options: v.strictObject({ kind: v.literal("sybil"), ...profileEntries, jitter: share(0) }),
  create(options, setting) {
    const { jitter } = options;
    const targets = targetsOf(options.targets, setting);
    const profileOf = createProfiler(options, setting, targets, setting.objective === "ranking" ? 1 : setting.ratingRange[1]);
    const { counts } = setting.facts();
    const typical = Math.round(counts.reduce((sum, count) => sum + count, 0) / Math.max(1, setting.participants));
    const profile = profileOf(typical, setting.rng.fork("profile"));
    return {
      kind: "sybil",
      targets,
      ratings: () => profile,
      vector(values, { rng }) {
        if (jitter === 0) return;
        const scale = jitter * rootMeanSquare(values);
        for (let i = 0; i < values.length; i++) values[i] = values[i]! + scale * rng.normal();
      },
    };
  },
};
