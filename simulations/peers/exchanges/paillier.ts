/** Differences under Paillier, each agent with a key of its own. Imports the seam, shared/crypto, valibot. Node only. */
import * as v from "valibot";
import { generatePrivateKey, type PaillierPublicKey } from "../../../shared/crypto/paillier/keys.ts";
import { drawPrime, opensslPower } from "../../../shared/crypto/paillier/openssl-power.node.ts";
import { createKeyTools, createPaillierExchange, type KeyTools } from "../../../shared/peer/nmf/paillier-exchange.ts";
import { secureRng } from "../../../shared/random.ts";
import type { ExchangeDefinition } from "./exchange.ts";

/** Options of the encrypted exchange. */
export interface PaillierOptions {
  readonly kind: "paillier";
  readonly bits: 2048 | 3072 | 4096;
  /** Values that share a ciphertext and a blind; 0: as many as fit, 1: a blind for each value. */
  readonly blockSize: number;
  readonly exponentBits: "half" | 512;
  readonly fractionBits: number;
  readonly integerBits: number;
}

/** Paillier between neighbors. */
export const paillier: ExchangeDefinition<PaillierOptions> = {
  kind: "paillier",
  summary: "Nothing but ciphertexts crosses an edge; a neighbor opens blinded differences.",
  source: "privacy-preserving distributed NMF (EUSIPCO 2024), https://arxiv.org/abs/2403.18326",
  options: v.strictObject({
    kind: v.literal("paillier"),
    bits: v.optional(v.picklist([2048, 3072, 4096]), 2048),
    blockSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
    exponentBits: v.optional(v.picklist(["half", 512]), "half"),
    fractionBits: v.optional(v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(26)), 20),
    integerBits: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10)), 6),
  }),
  async create({ bits, blockSize, exponentBits, ...fixed }, agents, size) {
    // Agents of one process share the tables of each key; a real agent has those of its neighbors.
    const tools = new Map<string, Promise<KeyTools>>();
    const toolsOf = (key: PaillierPublicKey): Promise<KeyTools> => {
      const name = key.n.toString(36);
      const made = tools.get(name) ?? createKeyTools(key, secureRng, exponentBits);
      tools.set(name, made);
      return made;
    };
    const keys = await Promise.all(Array.from({ length: agents }, () => generatePrivateKey(bits, drawPrime)));
    const shared = { ...fixed, secure: secureRng, size, power: opensslPower, toolsOf, ...(blockSize === 0 ? {} : { blockSize }) };
    const exchanges = keys.map((key) => createPaillierExchange({ ...shared, key }));
    return { exchanges, facts: { bits, exponentBits, fractionBits: fixed.fractionBits, valuesPerBlind: exchanges[0]!.blockSize } };
  },
};
