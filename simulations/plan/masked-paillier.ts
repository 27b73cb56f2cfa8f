/** The price of masks inside of encryption. Imports shared, pricing, masks, paillier. */

import { maskedPaillier } from "../../shared/protections/masked-paillier.ts";
import { stageOf } from "../../shared/protections/masked-round.ts";
import type { Protection } from "../../shared/protections/protection.ts";
import { timeMasked } from "./masked-times.ts";
import { jobGraph, maskedPromises, maskedSizes, maskOptionsOf } from "./masks.ts";
import { ciphertextsIn, holdersNeeded, keyOptionsOf, partBytesOf, splitOf, timeEncryption } from "./paillier.ts";
import { frameOf, type Job, type Pricing, stayingOf } from "./pricing.ts";
import { keyholderBytes, timeSigning } from "./signing.ts";

const bits = 2048;

/** Masked and then encrypted. */
export const maskedPaillierPricing: Pricing = {
  name: "masked-paillier 2048",
  price(job) {
    const holding = splitOf(job);
    const protection = protectionOf(job);
    const sizes = maskedSizes(job, protection);
    const contribution = protection.maxAnswerBytes(stageOf.contribution, frameOf(job));
    const part = partBytesOf(bits, holding, ciphertextsIn(bits, contribution));
    const keyholders = holding.threshold * keyholderBytes(stayingOf(job).staying, contribution, part);
    const { broken, ...promises } = maskedPromises(job);
    const both = `${broken}, and ${holdersNeeded(holding)}: both`;
    return {
      sizes: { ...sizes, keyholders },
      promises: { ...promises, sees: "ciphertexts, one sum a round, and who took part", broken: both },
    };
  },
  async calibrate(job, workbench) {
    const contribution = protectionOf(job).maxAnswerBytes(stageOf.contribution, frameOf(job));
    const masked = await timeMasked(job, jobGraph(job), workbench);
    const encrypted = await timeEncryption(bits, splitOf(job), job, contribution, workbench);
    const { digestByte } = await timeSigning(workbench);
    const digest = contribution * digestByte;
    return {
      client: masked.client + encrypted.client + digest,
      clientOnce: encrypted.clientOnce,
      server: masked.server + encrypted.server + stayingOf(job).staying * digest,
      keyholder: encrypted.keyholder,
    };
  },
};

function protectionOf(job: Job): Protection {
  return maskedPaillier.create({ kind: "masked-paillier", masks: maskOptionsOf(job), ...keyOptionsOf(bits, splitOf(job)) });
}
