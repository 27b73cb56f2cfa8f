/** No protection: the aggregator reads every contribution. For trusted aggregators, local noise, and research. Imports the seam. */
import * as v from "valibot";
import type { Protection, ProtectionDefinition } from "./protection.ts";

/** Options of no protection: none. */
export interface OpenOptions {
  readonly kind: "open";
}

/** Contributions as 64-bit floats, little-endian, exact. */
export const open: ProtectionDefinition<OpenOptions> = {
  kind: "open",
  summary: "No protection: the aggregator reads every contribution.",
  source: "none",
  options: v.strictObject({ kind: v.literal("open") }),
  create: () => openProtection,
};

const openProtection: Protection = {
  kind: "open",
  stages: ["contribution"],
  contributionStage: 0,
  revealsContributions: true,
  wrapsCleanly: true,
  assertSound: () => undefined,
  maxBriefBytes: () => 0,
  maxAnswerBytes: (_stage, frame) => frame.size * 8,
  createDevice: (frame) => ({
    answer: async (_stage, _brief, values) => {
      if (values.length !== frame.size) throw new RangeError(`"values" expected ${frame.size} values, got ${values.length}`);
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
  }),
  createAggregator: async (frame) => {
    const { OpenAggregator } = await import("./open-aggregator.ts");
    return new OpenAggregator(frame);
  },
};
