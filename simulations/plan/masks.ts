/** The price of secure aggregation by masks. Imports shared, pricing. */
import { maxDevices, type Neighborhood } from "../../shared/crypto/masks/neighborhood.ts";
import { reportNeighborhood } from "../../shared/crypto/masks/neighborhood-report.ts";
import { CofactorError } from "../../shared/errors.ts";
import { graphOf } from "../../shared/protections/masked-graph.ts";
import { type MaskOptions, stageOf } from "../../shared/protections/masked-round.ts";
import { masks } from "../../shared/protections/masks.ts";
import type { Protection } from "../../shared/protections/protection.ts";
import { maskedBytes } from "./masked-sizes.ts";
import { timeMasked } from "./masked-times.ts";
import { frameOf, type Job, type Pricing, type Promises, type Sizes, stayingOf } from "./pricing.ts";
import { timeSigning } from "./signing.ts";

/** Masks. */
export const masksPricing: Pricing = {
  name: "masks",
  price(job) {
    const sizes = maskedSizes(job, masks.create({ kind: "masks", ...maskOptionsOf(job) }));
    return { sizes, promises: { ...maskedPromises(job), sees: "one sum a round, and who took part" } };
  },
  async calibrate(job, workbench) {
    const { add, ...times } = await timeMasked(job, jobGraph(job), workbench);
    const { staying } = stayingOf(job);
    const { digestByte } = await timeSigning(workbench);
    const digest = (masksPricing.price(job).sizes.store / staying) * digestByte;
    return { ...times, client: times.client + digest, server: times.server + add + staying * digest };
  },
};

/** What terms would say of the masks. */
export function maskOptionsOf({ corruption, dropout, neighbors }: Job): MaskOptions {
  return { corruption, dropout, ...(neighbors === undefined ? {} : { neighbors }) };
}

/** Sizes of a masked protection's rounds. @throws CofactorError CONFIG_INVALID, ENCODE_OVERFLOW when it does not hold for the job */
export function maskedSizes(job: Job, protection: Protection): Sizes {
  const frame = frameOf(job);
  if (job.clients > maxDevices) {
    const message = `masks expected a cohort of at most ${maxDevices} devices, got ${job.clients}; nearest: ${maxDevices}, in several cohorts`;
    throw new CofactorError("CONFIG_INVALID", message);
  }
  protection.assertSound(frame);
  const contribution = protection.maxAnswerBytes(stageOf.contribution, frame);
  const { up, down } = maskedBytes(graphOf(maskOptionsOf(job), job.clients), contribution);
  const total = (bytes: readonly number[]): number => Math.round(bytes.reduce((sum, one) => sum + one, 0));
  return { up: total(up), down: total(down), store: stayingOf(job).staying * contribution, keyholders: 0 };
}

/** What masks promise, alone or inside of encryption. */
export function maskedPromises(job: Job): Omit<Promises, "sees"> {
  const options = maskOptionsOf(job);
  const graph = graphOf(options, job.clients);
  const { corrupted, vanishing, leastHonest } = reportNeighborhood({ ...options, devices: job.clients }, graph);
  return {
    broken: corrupted === 0 ? "any colluding devices: the share rounds to none" : `more than ${corrupted} colluding devices of the cohort`,
    survives: `${vanishing} devices lost, at any of its 5 exchanges; with more a round may be abandoned`,
    floor: `${job.min} contributors, counted by each device; ${leastHonest} honest ones even if the aggregator lies`,
    exchanges: 5,
  };
}

/** The graph of the job's masks. @throws CofactorError CONFIG_INVALID */
export function jobGraph(job: Job): Neighborhood {
  return graphOf(maskOptionsOf(job), job.clients);
}
