/** A key for a first try: dealt and used in the server's own process. Imports crypto, the protection. */
import { drawPrime, opensslPower } from "../shared/crypto/paillier/openssl-power.node.ts";
import { localOpener } from "../shared/protections/local-opener.ts";
import { paillier } from "../shared/protections/paillier.ts";
import type { Opener } from "../shared/protections/protection.ts";
import type { Section } from "../shared/terms.ts";

/** A protection section for terms, and what opens its sums. */
export interface DealtKey {
  readonly protection: Section;
  readonly opener: Opener;
}

/**
 * Deals a fresh Paillier key to this process.
 *
 * Not for production: a server that holds the key can read every contribution. There, `cofactor keys deal` makes a key file for a
 * keyholder's process, and the server gets the public part alone.
 */
export async function dealKey(options: { readonly bits?: 2048 | 3072 } = {}): Promise<DealtKey> {
  const provision = await paillier.provision!({ kind: "paillier", bits: options.bits ?? 2048, exponentBits: "half" }, drawPrime);
  return {
    protection: { ...provision.options },
    opener: localOpener(provision.secrets.map((secret) => paillier.createKeyholder!(provision.options, secret, opensslPower))),
  };
}
