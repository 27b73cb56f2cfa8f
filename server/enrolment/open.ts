/** Everybody with a key of their own may join: of any one person's devices there may be many. Imports the seam, valibot. */
import * as v from "valibot";
import type { EnrolmentDefinition } from "./policy.ts";

/** No condition. */
export const open: EnrolmentDefinition<{ kind: "open" }> = {
  kind: "open",
  summary: "Everybody may join.",
  source: "none",
  options: v.strictObject({ kind: v.literal("open") }),
  create: () => ({ admit: async () => undefined }),
};
