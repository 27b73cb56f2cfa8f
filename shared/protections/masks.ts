/**
 * Secure aggregation by masks: every contribution carries masks that cancel in the sum, and nobody has a key to open a single one. Imports
 * the masked halves, the seam.
 *
 * The aggregator sees one sum over at least `cohort.min` devices, and which devices took part. It takes more than the assumed share of devices
 * colluding with it to see more. Devices may be lost at every stage; the round is abandoned, with nothing revealed, when too many are. A
 * device that lies can make a round fail, unnamed as a rule; it learns no more than that, which tells on which side of a number a sum lies, and not that where noise comes later.
 *
 * Source: Bonawitz et al. 2017, https://eprint.iacr.org/2017/281; Bell et al. 2020, https://eprint.iacr.org/2020/704
 */
import * as v from "valibot";
import { CofactorError } from "../errors.ts";
import type { Carrier } from "./carrier.ts";
import { plainCarrier } from "./carrier-plain.ts";
import { formOf, type MaskOptions, maskedStages, maxAnswerBytesOf, maxBriefBytesOf, stageOf } from "./masked-round.ts";
import type { Protection, ProtectionDefinition } from "./protection.ts";

/** Options of masks. */
export interface MasksOptions extends MaskOptions {
  readonly kind: "masks";
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(0.9));

type Defaulted = v.GenericSchema<number | undefined, number>;
type Chosen = v.GenericSchema<number | undefined, number | undefined>;

/** The schemas of a masked protection's options, as entries of an object's schema. */
export const maskEntries: {
  readonly corruption: Defaulted;
  readonly dropout: Defaulted;
  readonly neighbors: Chosen;
  readonly threshold: Chosen;
} = {
  corruption: v.optional(share, 0.1),
  dropout: v.optional(share, 0.2),
  neighbors: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_534))),
  threshold: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
};

/** The definition of masks. */
export const masks: ProtectionDefinition<MasksOptions> = {
  kind: "masks",
  summary: "Masked so that only the sum can be read: no key, no keyholder; lost devices are made up for.",
  source: "Bonawitz et al. 2017, https://eprint.iacr.org/2017/281; Bell et al. 2020, https://eprint.iacr.org/2020/704",
  options: v.strictObject({ kind: v.literal("masks"), ...maskEntries }),
  create: (options) => createMasked("masks", options, plainCarrier, true),
};

/**
 * A protection whose masked vectors travel by a carrier.
 * @param wrapsCleanly whether the carrier's sum is exact in the ring whatever devices send
 */
export function createMasked(kind: string, options: MaskOptions, carrier: Carrier, wrapsCleanly: boolean): Protection {
  return {
    kind,
    stages: maskedStages,
    contributionStage: stageOf.contribution,
    revealsContributions: false,
    wrapsCleanly,
    corruption: options.corruption,
    assertSound(frame) {
      const { corruption, dropout } = options;
      if (corruption + 2 * dropout >= 1) {
        const message = `masks expected corruption + 2 x dropout below 1, got ${corruption} and ${dropout}; nearest: dropout below ${((1 - corruption) / 2).toFixed(2)}`;
        throw new CofactorError("CONFIG_INVALID", message);
      }
      carrier.assertSound(formOf(frame), frame);
    },
    async assertHolds(frame) {
      const { assertGraphs } = await import("./masked-graph.ts");
      assertGraphs(options, frame);
    },
    maxBriefBytes: maxBriefBytesOf,
    maxAnswerBytes: (stage, frame) => maxAnswerBytesOf(stage, frame, carrier.answerBytes(formOf(frame), frame)),
    createDevice: async (frame, self, tools) => {
      const { MaskedDevice } = await import("./masked-device.ts");
      return new MaskedDevice(options, carrier, frame, self, tools);
    },
    createAggregator: async (frame, tools) => {
      const { MaskedAggregator } = await import("./masked-aggregator.ts");
      return new MaskedAggregator(options, await carrier.createSum(formOf(frame), frame), frame, tools);
    },
  };
}
