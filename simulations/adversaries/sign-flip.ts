/** Devices that send the opposite of what they should. Imports the seam. */
import * as v from "valibot";
import type { AdversaryDefinition } from "./adversary.ts";
import { positive } from "./options.ts";
import { scaleInPlace } from "./vectors.ts";

/** Options of the sign flip. */
export interface SignFlipOptions {
  readonly kind: "sign-flip";
  /** How many times as long as the honest vector. */
  readonly gain: number;
}

/** -gain times the honest vector. With a share a of such devices the mean turns round where gain > (1 - a) / a. */
export const signFlip: AdversaryDefinition<SignFlipOptions> = {
  kind: "sign-flip",
  summary: "Sends the opposite of its honest vector, `gain` times as long.",
  source: "Li et al. 2019, https://arxiv.org/abs/1811.03761",
  options: v.strictObject({ kind: v.literal("sign-flip"), gain: positive(1) }),
  create: ({ gain }) => ({
    kind: "sign-flip",
    vector: (values) => scaleInPlace(values, -gain),
  }),
};
