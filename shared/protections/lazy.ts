/** Every protection, loaded when it is named: a device fetches the code of its run's protection alone. A new one is a file and a line here. */
import { type Loaders, loadDefinitions } from "../registry.ts";
import type { ProtectionDefinition } from "./protection.ts";

/** By kind, in the order in which they are listed. */
const loaders: Loaders<ProtectionDefinition> = {
  open: async () => (await import("./open.ts")).open,
  masks: async () => (await import("./masks.ts")).masks,
  paillier: async () => (await import("./paillier.ts")).paillier,
  "masked-paillier": async () => (await import("./masked-paillier.ts")).maskedPaillier,
};

/** The protections that terms may name; with a known `kind`, that one alone. */
export function loadProtections(kind?: string): Promise<readonly ProtectionDefinition[]> {
  return loadDefinitions(loaders, kind);
}
