/** Whether a lasting sum holds anything of a device, and whether a round has taken it out. Imports shared, types, vault. */
import { CofactorError } from "../shared/errors.ts";
import { createRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import type { Participated } from "./types.ts";
import type { Vault } from "./vault.ts";

/** Whether the server's sum holds something of the device that outlives the round: a device without ratings would have to take it out. */
export async function isInSum({ model }: Run, vault: Vault): Promise<boolean> {
  const part = await vault.privatePart();
  if (model.isCumulative !== true || part === undefined) return false;
  const none = { items: new Int32Array(0), values: new Float64Array(0) };
  // That ratings are gone shows without a model, and without chance.
  return model.isDue?.(part, none, undefined, createRng(0)) !== false;
}

/** @throws CofactorError ROUND_CLOSED when the run ended first, CANCELLED when the device was stopped first */
export function assertWithdrawn({ reason }: Participated): void {
  if (reason === "rounds") return;
  throw reason === "ended"
    ? new CofactorError("ROUND_CLOSED", "the run ended before a round took this device out of its sum: its last model keeps it")
    : new CofactorError("CANCELLED", "this device was stopped before a round took it out of the run's sum");
}
