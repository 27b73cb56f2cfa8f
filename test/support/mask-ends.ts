/** Devices of a masked round with fresh keys. Imports shared/crypto. */
import type { OpenEnd } from "../../shared/crypto/masks/mask.ts";
import { nodePrimitives } from "../../shared/crypto/primitives.node.ts";
import { secureRng } from "../../shared/random.ts";

/** Devices with indexes from 0. */
export async function createEnds(count: number): Promise<readonly OpenEnd[]> {
  const keys = await Promise.all(Array.from({ length: count }, () => nodePrimitives.createAgreementKeys(secureRng)));
  return keys.map(({ publicKey, secretKey }, index) => ({ index, publicKey, secretKey }));
}
