/** The prices of Paillier encryption: with one keyholder, or split among several. Imports shared, pricing. */

import { ciphertextBytes } from "../../shared/crypto/paillier/ciphertext.ts";
import { publicKeyText } from "../../shared/crypto/paillier/keys.ts";
import { maxHolders, type ThresholdKey } from "../../shared/crypto/paillier/threshold-key.ts";
import { partBytes } from "../../shared/crypto/paillier/threshold-part.ts";
import { CofactorError } from "../../shared/errors.ts";
import { paillier } from "../../shared/protections/paillier.ts";
import type { PaillierKeyOptions } from "../../shared/protections/paillier-options.ts";
import { timeCiphers, timeOpening, timeOpeningAlone } from "./paillier-times.ts";
import { frameOf, type Job, type Pricing, stayingOf, type Times } from "./pricing.ts";
import { keyholderBytes, timeSigning } from "./signing.ts";
import { standInKey } from "./stand-in-key.ts";
import type { Workbench } from "./workbench.ts";

/** One keyholder has the whole key. */
export const paillierAlone: Pricing = paillierPricing("paillier 2048, 1 holder", 2048, () => ({ threshold: 1, holders: 1 }));

/** The key is split. */
export const paillierSplit: Pricing = paillierPricing("paillier 2048, t of n", 2048, splitOf);

/** The key is split and longer. */
export const paillierLong: Pricing = paillierPricing("paillier 3072, t of n", 3072, splitOf);

/** How the key is held. */
export interface Holding {
  readonly threshold: number;
  readonly holders: number;
}

/** The job's keyholders. @throws CofactorError CONFIG_INVALID when they do not make a split key */
export function splitOf({ threshold, holders }: Job): Holding {
  const isSplit = threshold >= 2 && threshold <= holders && holders <= maxHolders;
  if (isSplit) return { threshold, holders };
  const nearest = `${Math.min(Math.max(2, threshold), Math.max(2, Math.min(maxHolders, holders)))} of ${Math.max(2, Math.min(maxHolders, holders))}`;
  throw new CofactorError(
    "CONFIG_INVALID",
    `a split key expected a threshold from 2 to the number of holders, at most ${maxHolders}, got ${threshold} of ${holders}; nearest: ${nearest}`,
  );
}

/** What terms would say of such a key: right in form, for lengths only. */
export function keyOptionsOf(bits: 2048 | 3072, { threshold, holders }: Holding): PaillierKeyOptions {
  const publicKey = publicKeyText(standInKey(bits));
  const verification = holders === 1 ? undefined : { base: "", keys: Array.from({ length: holders }, () => "") };
  return { bits, exponentBits: "half", threshold, holders, publicKey, verification };
}

/** Ciphertexts of a contribution that is so long. */
export function ciphertextsIn(bits: 2048 | 3072, contribution: number): number {
  return contribution / ciphertextBytes(standInKey(bits));
}

/** Bytes of a keyholder's part for a sum of `ciphertexts`. */
export function partBytesOf(bits: 2048 | 3072, { threshold, holders }: Holding, ciphertexts: number): number {
  const publicKey = standInKey(bits);
  if (holders === 1) return ciphertexts * publicKey.bytes;
  const key: ThresholdKey = { publicKey, threshold, holders, base: 4n, verifiers: [] };
  return partBytes(key, ciphertexts);
}

/** Whom it takes to open a contribution. */
export function holdersNeeded({ threshold, holders }: Holding): string {
  return holders === 1 ? "the one keyholder" : `${threshold} of ${holders} keyholders`;
}

/** What opening a sum costs a keyholder, and the aggregator, and what encryption costs a device: by the contribution's ciphertexts. */
export async function timeEncryption(
  bits: 2048 | 3072,
  holding: Holding,
  job: Job,
  contribution: number,
  workbench: Workbench,
): Promise<Times> {
  const count = ciphertextsIn(bits, contribution);
  const { staying } = stayingOf(job);
  const { table, encrypt, add } = await timeCiphers(bits, workbench);
  const { verify, digestByte } = await timeSigning(workbench);
  const summing = staying * count * add;
  const checking = staying * (verify + contribution * digestByte);
  const device = { client: count * encrypt, clientOnce: table };
  if (holding.holders === 1) {
    return { ...device, server: summing, keyholder: checking + summing + count * (await timeOpeningAlone(bits, workbench)) };
  }
  const opening = await timeOpening(bits, holding.threshold, holding.holders, workbench);
  const server = summing + holding.threshold * (opening.verify + count * opening.verifyEach) + count * opening.combine;
  return { ...device, server, keyholder: checking + summing + opening.prove + count * opening.raise };
}

function paillierPricing(name: string, bits: 2048 | 3072, holdingOf: (job: Job) => Holding): Pricing {
  const upOf = (job: Job): number => {
    const protection = paillier.create({ kind: "paillier", ...keyOptionsOf(bits, holdingOf(job)) });
    const frame = frameOf(job);
    protection.assertSound(frame);
    return protection.maxAnswerBytes(0, frame);
  };
  return {
    name,
    price(job) {
      const holding = holdingOf(job);
      const up = upOf(job);
      const { staying } = stayingOf(job);
      const part = partBytesOf(bits, holding, ciphertextsIn(bits, up));
      const spare = holding.holders - holding.threshold;
      return {
        sizes: { up, down: 0, store: staying * up, keyholders: holding.threshold * keyholderBytes(staying, up, part) },
        promises: {
          sees: "ciphertexts, and one sum a round",
          broken: holdersNeeded(holding),
          survives:
            spare === 0 ? "any dropout; no keyholder may be missing" : `any dropout; ${spare} missing keyholder${spare === 1 ? "" : "s"}`,
          floor: `${job.min} contributors, counted by each keyholder`,
          exchanges: 1,
        },
      };
    },
    async calibrate(job, workbench) {
      const up = upOf(job);
      const { sign, verify, digestByte } = await timeSigning(workbench);
      const times = await timeEncryption(bits, holdingOf(job), job, up, workbench);
      const digest = up * digestByte;
      const server = times.server + stayingOf(job).staying * (verify + digest);
      return { ...times, client: times.client + sign + digest, server };
    },
  };
}
