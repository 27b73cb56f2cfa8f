/**
 * The Paillier key of a run and how its sums are opened: by several keyholders together, or by one. What `paillier` and `masked-paillier`
 * share. May import crypto and the seam.
 *
 * With `threshold` of `holders` shares a sum is opened by that many keyholders, each of which proves that it did its part right; fewer learn
 * nothing. Whoever dealt the key could open everything: deal it on a machine that forgets it. With one holder that process is to be trusted.
 */
import { type PaillierPublicKey, parsePublicKey } from "../crypto/paillier/keys.ts";
import { CofactorError } from "../errors.ts";
import type { PaillierKeyOptions } from "./paillier-options.ts";
import { wireBytes } from "./paillier-packed.ts";
import type { KeyholderFactory, KeyholderTools, Opener, OpenRequest, PrimeSource, Provision, RoundFrame } from "./protection.ts";

/** A run's key, and the way to have its sums opened. */
export interface Opening {
  readonly key: PaillierPublicKey;
  /**
   * The plaintext blocks of a sum of `ciphertexts` ciphertexts.
   * @throws CofactorError DECRYPT_FAILED
   */
  open(opener: Opener | undefined, frame: RoundFrame, contributors: number, sum: Uint8Array): Promise<Uint8Array>;
}

/** @throws CofactorError CONFIG_INVALID when the key is missing or its parts do not fit together */
export function createOpening(options: PaillierKeyOptions): Opening {
  const { threshold, holders, bits } = options;
  assertHolders(options);
  if (options.publicKey === undefined) {
    throw new CofactorError("CONFIG_INVALID", '"terms.protection.publicKey" expected the run\'s key: make one with "cofactor keys deal"');
  }
  const key = parsePublicKey(options.publicKey);
  if (key.bits !== bits) throw new CofactorError("CONFIG_INVALID", `"terms.protection.publicKey" expected ${bits} bits, got ${key.bits}`);
  if (options.keyholders !== undefined && new Set(options.keyholders).size !== holders) {
    const message = `"terms.protection.keyholders" expected ${holders} different keys, got ${new Set(options.keyholders).size}`;
    throw new CofactorError("CONFIG_INVALID", message);
  }
  if (holders > 1 && options.verification === undefined) {
    const message = `"terms.protection.verification" expected what parts of ${threshold} of ${holders} keyholders are checked with: take the section that "cofactor keys deal" prints, or say holders: 1 for one that opens alone`;
    throw new CofactorError("CONFIG_INVALID", message);
  }
  if (holders > 1 && options.verification?.keys.length !== holders) {
    throw new CofactorError("CONFIG_INVALID", `"terms.protection.verification.keys" expected ${holders} entries`);
  }
  return {
    key,
    async open(opener, frame, contributors, sum) {
      if (opener === undefined) throw new CofactorError("DECRYPT_FAILED", "no keyholder is there to open the sum", { retryable: true });
      const request = { frame, contributors, sum, needed: threshold };
      if (holders === 1) return openAlone(key, opener, request);
      const { openTogether } = await import("./paillier-holders.ts");
      return openTogether(options, opener, request);
    },
  };
}

async function openAlone(key: PaillierPublicKey, opener: Opener, request: OpenRequest): Promise<Uint8Array> {
  const expected = (request.sum.length / wireBytes(key)) * key.bytes;
  let blocks = new Uint8Array(0);
  await opener.open(request, ({ bytes }) => {
    if (bytes.length !== expected) {
      throw new CofactorError("DECRYPT_FAILED", `the keyholder's answer expected ${expected} bytes, got ${bytes.length}`);
    }
    blocks = bytes.slice();
  });
  return blocks;
}

/** Fresh keys for options that name none. */
export async function provisionKey<Options extends PaillierKeyOptions>(
  options: Options,
  drawPrime: PrimeSource,
): Promise<Provision<Options>> {
  assertHolders(options);
  const { dealKey } = await import("./paillier-holders.ts");
  const { fields, secrets } = await dealKey(options, drawPrime);
  return { options: { ...options, ...fields }, secrets };
}

/** A keyholder's halves: see `ProtectionDefinition.createKeyholder`. @param ciphertextsOf ciphertexts of a round's contribution */
export async function createPaillierKeyholder(
  options: PaillierKeyOptions,
  secret: string,
  tools: KeyholderTools,
  ciphertextsOf: (frame: RoundFrame) => number,
): Promise<KeyholderFactory> {
  const { key } = createOpening(options);
  const { createHalves } = await import("./paillier-holders.ts");
  return createHalves(options, key, secret, tools, ciphertextsOf);
}

function assertHolders({ threshold, holders }: PaillierKeyOptions): void {
  const isSplit = threshold >= 2 && threshold <= holders;
  if (isSplit || (threshold === 1 && holders === 1)) return;
  const message = `"terms.protection.threshold" expected 2 to holders (${holders}), or 1 of 1, got ${threshold} of ${holders}`;
  throw new CofactorError("CONFIG_INVALID", message);
}
