/**
 * What keyholders and the aggregator do with a split key, and how keys are dealt: loaded when it is needed, never by a device. May import
 * crypto and the seam.
 */
import { CiphertextSum } from "../crypto/paillier/ciphertext.ts";
import { createDecryptor } from "../crypto/paillier/decrypt.ts";
import { generatePrivateKey, type PaillierPublicKey, parsePrivateKey, privateKeyText, publicKeyText } from "../crypto/paillier/keys.ts";
import { combineParts } from "../crypto/paillier/threshold-combine.ts";
import { dealThresholdKey, verifyKeyShare } from "../crypto/paillier/threshold-deal.ts";
import { keyShareText, parseKeyShare, parseThresholdKey, type ThresholdKey, thresholdKeyText } from "../crypto/paillier/threshold-key.ts";
import { createPartialDecryptor, verifyPart } from "../crypto/paillier/threshold-part.ts";
import { CofactorError } from "../errors.ts";
import type { PaillierKeyOptions } from "./paillier-options.ts";
import type { KeyholderFactory, KeyholderTools, Opener, OpenRequest, PrimeSource, RoundFrame } from "./protection.ts";

/** A dealt key: what the terms say of it, and each keyholder's secret. */
export interface DealtPaillierKey {
  readonly fields: Pick<PaillierKeyOptions, "publicKey" | "verification">;
  readonly secrets: readonly string[];
}

/** Deals a key as the options ask for. */
export async function dealKey({ bits, threshold, holders }: PaillierKeyOptions, drawPrime: PrimeSource): Promise<DealtPaillierKey> {
  if (holders === 1) {
    const key = await generatePrivateKey(bits, drawPrime);
    return { fields: { publicKey: publicKeyText(key.publicKey) }, secrets: [privateKeyText(key)] };
  }
  const { key, shares } = await dealThresholdKey({
    bits,
    threshold,
    holders,
    drawSafePrime: (length) => drawPrime(length, { safe: true }),
  });
  const { publicKey, verification } = thresholdKeyText(key);
  return { fields: { publicKey, verification }, secrets: shares.map(keyShareText) };
}

/**
 * What one keyholder opens a sum with: the plaintexts where it is alone, else its part with a proof.
 * @throws CofactorError CONFIG_INVALID when the secret does not belong to the options
 */
export function createOpeningPart(
  options: PaillierKeyOptions,
  secret: string,
  { power, createRaiser }: KeyholderTools,
): (sum: Uint8Array, context: string) => Promise<Uint8Array> {
  if (options.holders === 1) {
    const key = parsePrivateKey(secret);
    if (options.publicKey !== publicKeyText(key.publicKey)) {
      throw new CofactorError("CONFIG_INVALID", "the private key does not belong to the run's public key");
    }
    const decrypt = createDecryptor(key, power);
    return async (sum) => decrypt(sum);
  }
  const key = thresholdKeyOf(options);
  const share = parseKeyShare(key, secret);
  verifyKeyShare(key, share, power);
  return createPartialDecryptor(key, share, {
    ...(power === undefined ? {} : { power }),
    ...(createRaiser === undefined ? {} : { raise: createRaiser(key, share) }),
  });
}

/** A keyholder's halves for its rounds. @throws CofactorError CONFIG_INVALID when the secret does not belong to the options */
export function createHalves(
  options: PaillierKeyOptions,
  key: PaillierPublicKey,
  secret: string,
  tools: KeyholderTools,
  ciphertextsOf: (frame: RoundFrame) => number,
): KeyholderFactory {
  const openPart = createOpeningPart(options, secret, tools);
  return (frame) => {
    const sum = new CiphertextSum(key, ciphertextsOf(frame));
    return { combine: (contribution) => sum.add(contribution), open: () => openPart(sum.export(), openingContext(frame)) };
  };
}

/** What proofs of parts are bound to: no part can stand for another run, round or group. */
function openingContext({ terms, round, group = 0 }: RoundFrame): string {
  return JSON.stringify([terms, round, group]);
}

/** Opens a sum by the parts of as many keyholders as it takes; each part is verified, and blames its keyholder when it is wrong. */
export async function openTogether(options: PaillierKeyOptions, opener: Opener, request: OpenRequest): Promise<Uint8Array> {
  const key = thresholdKeyOf(options);
  const context = openingContext(request.frame);
  const parts = new Map<number, Uint8Array>();
  await opener.open(request, async ({ keyholder, bytes }) => {
    await verifyPart(key, keyholder + 1, request.sum, bytes, context);
    parts.set(keyholder + 1, bytes.slice());
  });
  const chosen = [...parts].slice(0, options.threshold).map(([index, part]) => ({ index, part }));
  return combineParts(key, request.sum.length / (2 * key.publicKey.bytes), chosen);
}

function thresholdKeyOf({ publicKey, threshold, holders, verification }: PaillierKeyOptions): ThresholdKey {
  if (publicKey === undefined || verification === undefined) {
    throw new CofactorError("CONFIG_INVALID", '"terms.protection" expected the section that "cofactor keys deal" prints');
  }
  return parseThresholdKey({ publicKey, threshold, holders, verification });
}
