/**
 * What events come to as (epsilon, delta), by the tightest accountant that knows them all, for each observer.
 * Imports the accountants, events, registry.
 */
import { CofactorError } from "../errors.ts";
import { resolveSection } from "../registry.ts";
import type { Accountant } from "./accountants/accountant.ts";
import { accountants } from "./accountants/index.ts";
import type { Neighboring, PrivacyEvent, PrivacyView } from "./event.ts";
import { type ServerKnowledge, seenBy } from "./event-parts.ts";

/** An (epsilon, delta) pair. */
export interface Budget {
  readonly epsilon: number;
  readonly delta: number;
}

/** A section that names an accountant, with its options. */
export interface AccountantSection {
  readonly kind: string;
  readonly [option: string]: unknown;
}

/** How to add up. */
export interface SpentOptions {
  readonly delta: number;
  readonly view: PrivacyView;
  /** For the server's view; see `seenBy`. */
  readonly knowledge?: ServerKnowledge;
  /** The first of `accountants` that supports the event when absent. */
  readonly accountant?: AccountantSection;
}

/**
 * What an event costs one observer.
 *
 * Edge cases: noise of 0 -> epsilon infinity; no event -> epsilon 0.
 *
 * @throws CofactorError CONFIG_INVALID for an unknown accountant, or one that does not support the event; RangeError for delta
 * outside [0, 1]
 */
export function spent(event: PrivacyEvent, options: SpentOptions): Budget {
  const seen = seenBy(event, options.view, options.knowledge);
  const accountant = accountantFor(seen, options.accountant).compose(seen);
  return Object.freeze({ epsilon: accountant.epsilon(options.delta), delta: options.delta });
}

/** What an event costs each observer: the two columns that every report prints. */
export function spentByView(event: PrivacyEvent, options: Omit<SpentOptions, "view">): Readonly<Record<PrivacyView, Budget>> {
  return Object.freeze({ server: spent(event, { ...options, view: "server" }), release: spent(event, { ...options, view: "release" }) });
}

/**
 * An accountant with nothing spent: the one that the section names, or the first of the index that supports the event.
 *
 * @throws CofactorError CONFIG_INVALID for an unknown accountant
 */
export function accountantFor(event: PrivacyEvent, section?: AccountantSection): Accountant {
  if (section !== undefined) return openAccountant(section, event.neighboring);
  for (const { kind } of accountants) {
    const accountant = openAccountant({ kind }, event.neighboring);
    if (accountant.supports(event)) return accountant;
  }
  throw new CofactorError("INTERNAL", "no accountant supports the event");
}

/** An accountant with nothing spent. @throws CofactorError CONFIG_INVALID for an unknown kind or option */
export function openAccountant(section: AccountantSection, neighboring: Neighboring): Accountant {
  const { definition, options } = resolveSection(accountants, section, "accountant");
  return definition.create(options, neighboring);
}
