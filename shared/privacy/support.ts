/** What keeps promises of privacy, as one part that is loaded when terms make one: a page without them does without. Imports guard, promise. */
import { createGuard } from "./guard.ts";
import { parsePrivacy } from "./promise.ts";

/** Reads promises and makes both halves of their guard. */
export interface PrivacySupport {
  readonly parsePrivacy: typeof parsePrivacy;
  readonly createGuard: typeof createGuard;
}

/** The support itself. */
export const privacySupport: PrivacySupport = Object.freeze({ parsePrivacy, createGuard });
