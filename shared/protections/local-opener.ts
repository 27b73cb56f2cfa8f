/** Keyholders in this process, for simulations, tests and first tries: no secret is kept from anybody there. Imports the seam. */
import { CofactorError } from "../errors.ts";
import type { KeyholderFactory, Opener } from "./protection.ts";

/**
 * An opener over keyholders' halves of this process, in the order of the terms; as many as a sum needs are asked, the first ones first.
 */
export function localOpener(keyholders: readonly KeyholderFactory[]): Opener {
  return {
    async open({ frame, sum, needed }, accept) {
      if (keyholders.length < needed) {
        throw new CofactorError("DECRYPT_FAILED", `opening a sum expected ${needed} keyholders, got ${keyholders.length}`);
      }
      for (const [keyholder, create] of keyholders.slice(0, needed).entries()) {
        const half = create(frame);
        half.combine(sum);
        await accept({ keyholder, bytes: await half.open() });
      }
    },
  };
}
