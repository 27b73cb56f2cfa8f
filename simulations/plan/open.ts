/** The price of no protection. Imports shared, pricing. */

import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { open } from "../../shared/protections/open.ts";
import { createRng, secureRng } from "../../shared/random.ts";
import { frameOf, type Pricing, stayingOf } from "./pricing.ts";
import { timeSigning } from "./signing.ts";

/** Values of the contributions that are timed, at most. */
const mostTimed = 65_536;

/** No protection. */
export const openPricing: Pricing = {
  name: "open",
  price(job) {
    const frame = frameOf(job);
    const up = open.create({ kind: "open" }).maxAnswerBytes(0, frame);
    return {
      sizes: { up, down: 0, store: stayingOf(job).staying * up, keyholders: 0 },
      promises: {
        sees: "every contribution",
        broken: "nobody else",
        survives: "any dropout",
        floor: `${job.min} contributors, by the aggregator's word`,
        exchanges: 1,
      },
    };
  },
  async calibrate(job, workbench) {
    const { sign, verify, digestByte } = await timeSigning(workbench);
    const { staying } = stayingOf(job);
    const size = Math.min(job.values, mostTimed);
    const frame = { ...frameOf(job), size };
    const rng = createRng(1, "plan");
    const values = Float64Array.from({ length: size }, () => rng.float());
    const protection = open.create({ kind: "open" });
    const tools = { secure: secureRng, primitives: nodePrimitives };
    const device = await protection.createDevice(frame, "device", tools);
    const aggregator = await protection.createAggregator(frame, tools);
    const answer = await device.answer(0, new Uint8Array(0), values);
    const add = await workbench.time(() => {
      aggregator.admit(0, "device", answer);
      aggregator.combine(0, "device", answer, "");
    }, 0.02);
    const digest = 8 * job.values * digestByte;
    return {
      client: sign + digest,
      clientOnce: 0,
      server: staying * (verify + digest + (add * job.values) / size),
      keyholder: 0,
    };
  },
};
