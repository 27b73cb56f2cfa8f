/** What simulated devices are called and work with. Imports shared. */
import { nodePrimitives } from "../shared/crypto/primitives.node.ts";
import type { ProtectionTools } from "../shared/protections/protection.ts";
import { secureRng } from "../shared/random.ts";

/** The device of a simulated person: a name of the form of a public key. */
export function simulatedId(user: number): string {
  return `${String(user).padStart(42, "A")}A`;
}

/** Nobody lies in here: nobody signs, and nothing is refused for its signature. */
export const simulatedTools: ProtectionTools = { secure: secureRng, primitives: { ...nodePrimitives, verify: () => true } };
