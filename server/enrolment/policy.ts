/**
 * The seam for enrolment: who may join a run. One file a policy, one line each in index.ts, one conformance suite. Imports registry's types.
 */
import type { Definition } from "../../shared/registry.ts";
import type { EnrolmentStore } from "./store.ts";

/** A key that asks to join. Its signature has been checked. */
export interface Applicant {
  readonly run: string;
  /** Public key, base64url. */
  readonly client: string;
  /** What it shows, unchecked: at most 512 characters. */
  readonly invitation?: string | undefined;
}

/** What a policy works with. */
export interface PolicyParts {
  readonly store: EnrolmentStore;
  /** Milliseconds of the epoch. */
  now(): number;
}

/** Who may join. */
export interface EnrolmentPolicy {
  /**
   * Lets an applicant in that is not revoked, or refuses it.
   *
   * Guarantees: whoever is let in once is let in again, without an invitation too, until it leaves or is revoked; a refusal keeps nothing of
   * the applicant but, up to a cap, its key.
   * @throws CofactorError NOT_ADMITTED, retryable where the operator may yet decide; STORE_FAILED
   */
  admit(applicant: Applicant): Promise<void>;
}

/** A policy by its name. */
export interface EnrolmentDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  create(options: Options, parts: PolicyParts): EnrolmentPolicy;
}
