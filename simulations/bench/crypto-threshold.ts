/**
 * A sum opened by 2 of 3 keyholders, through the halves that a run uses: each keyholder raises every ciphertext and proves it, the aggregator
 * verifies both parts and combines them, and the sum is compared with the plain one. Imports shared, bench.
 */
import { nodeKeyholderTools, nodePrimes } from "../../shared/protections/keyholder-tools.node.ts";
import { paillier } from "../../shared/protections/paillier.ts";
import type { Opener, ProtectionTools, RoundFrame } from "../../shared/protections/protection.ts";
import { parseConfig } from "../../shared/registry.ts";
import { type BenchFigure, type BenchJob, type Cost, costOf, figuresOf } from "./bench.ts";
import { drawValues, packed } from "./crypto-paillier.ts";

/** Devices whose contributions are in the sum: what opening costs does not depend on their number. */
const contributors = 3;

/** The sizes of a job. */
export interface ThresholdJobShape {
  readonly bits: number;
  readonly values: number;
}

/** The job. Its sum must be exact, or it throws. */
export function thresholdJob({ bits, values }: ThresholdJobShape, tools: ProtectionTools): BenchJob {
  return {
    title: `opening ${values.toLocaleString("en-US")} values by 2 of 3 keyholders, ${bits} bits`,
    async measure(_signal, say) {
      say("dealing the key");
      const dealt = await paillier.provision!(parseConfig(paillier.options, { kind: "paillier", bits }, "protection"), nodePrimes);
      const protection = paillier.create(dealt.options);
      const range = { maxAbs: 2 ** (packed.valueBits - 1) - 1, fractionBits: 0 };
      const cohort = { size: packed.maxCount, min: contributors };
      const frame: RoundFrame = { run: "bench", terms: "b".repeat(43), round: 1, size: values, range, cohort };
      const aggregator = await protection.createAggregator(frame, tools);
      say("encrypting");
      const expected = new Float64Array(values);
      for (let index = 0; index < contributors; index++) {
        const own = Float64Array.from(drawValues(values, index));
        for (let i = 0; i < values; i++) expected[i] = expected[i]! + own[i]!;
        const device = await protection.createDevice(frame, String(index), tools);
        aggregator.combine(0, String(index), await device.answer(0, new Uint8Array(0), own), "");
      }
      const halves = await Promise.all(
        [dealt.secrets[0]!, dealt.secrets[2]!].map((secret) => paillier.createKeyholder!(dealt.options, secret, nodeKeyholderTools)),
      );
      const costs: { keyholder: Cost; verify: Cost }[] = [];
      let partBytes = 0;
      const opener: Opener = {
        async open({ sum }, accept) {
          for (const [at, create] of halves.entries()) {
            say(`keyholder ${at + 1} of 2`);
            const half = create(frame);
            half.combine(sum);
            let bytes: Uint8Array = new Uint8Array(0);
            const keyholder = await costOf(async () => {
              bytes = await half.open();
            });
            partBytes = bytes.length;
            costs.push({ keyholder, verify: await costOf(() => accept({ keyholder: at * 2, bytes })) });
          }
        },
      };
      let opened: Float64Array = new Float64Array(0);
      const whole = await costOf(async () => {
        opened = (await aggregator.reveal(opener)).values;
      });
      if (!opened.every((value, at) => value === expected[at])) throw new Error("the opened sum differs from the plain one");
      const figures: readonly BenchFigure[] = [
        ...figuresOf("keyholder, raises and proves, on all threads", worse(costs.map(({ keyholder }) => keyholder))),
        { name: "keyholder, sent", value: partBytes, unit: "bytes" },
        ...figuresOf("aggregator, verifies a part", worse(costs.map(({ verify }) => verify))),
        ...figuresOf("whole opening, one keyholder after the other", whole),
        { name: "exact values", value: opened.length, unit: "values" },
      ];
      return figures;
    },
  };
}

function worse(costs: readonly Cost[]): Cost {
  return costs.reduce((most, cost) => (cost.cpu > most.cpu ? cost : most));
}
