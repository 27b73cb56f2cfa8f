/** A key for a first try: dealt and used in the server's own process. Imports crypto, the protection. */
import { nodeKeyholderTools, nodePrimes } from "../shared/protections/keyholder-tools.node.ts";
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
  const wanted = { kind: "paillier", bits: options.bits ?? 2048, exponentBits: "half", threshold: 1, holders: 1 } as const;
  const { options: dealt, secrets } = await paillier.provision!(wanted, nodePrimes);
  const keyholders = secrets.map((secret) => paillier.createKeyholder!(dealt, secret, nodeKeyholderTools));
  return { protection: { ...dealt }, opener: localOpener(await Promise.all(keyholders)) };
}
