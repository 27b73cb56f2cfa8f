/** What a device's user accepts, and the check of a run's signed terms against it. Imports shared. */
import { toUtf8 } from "../shared/crypto/encoding.ts";
import { digestOf } from "../shared/crypto/hash.ts";
import { verifyText } from "../shared/crypto/identity.ts";
import { CofactorError } from "../shared/errors.ts";
import { defineRun, type Run } from "../shared/run.ts";
import type { AnswerHeader } from "../shared/wire/messages.ts";

/** What the user accepts. Everything has a safe default. */
export interface Acceptance {
  /** Kinds of protection; by default every kind under which the aggregator cannot read a contribution. */
  readonly protections?: readonly string[];
  /** Least cohort over which a sum may be revealed; default 2. */
  readonly minCohort?: number;
  /** Kinds of model; by default any. */
  readonly models?: readonly string[];
  /** Greatest number of rounds of a run; by default any. */
  readonly maxRounds?: number;
  /** The server's key, base64url, when the app ships it; else the first one seen is kept and later ones must equal it. */
  readonly serverKey?: string;
}

/** What a device remembers of a run from its first visit on. */
export interface Pin {
  readonly serverKey: string;
  /** sha256 of the terms' bytes. */
  readonly termsDigest: string;
}

/** Terms that were checked. */
export interface AcceptedTerms {
  readonly run: Run;
  readonly pin: Pin;
}

/**
 * Checks what a server's hello brought: signature, pinned key and terms, and the user's conditions.
 *
 * @param pinned what the device remembers, when it was here before
 * @throws CofactorError AUTH_FAILED for a bad signature or another key, TERMS_REFUSED naming the condition that is not met
 */
export async function checkTerms(runId: string, hello: AnswerHeader<"hello">, accept: Acceptance, pinned: Pin | undefined): Promise<AcceptedTerms> {
  const bytes = toUtf8(hello.terms);
  const expectedKey = accept.serverKey ?? pinned?.serverKey;
  if (expectedKey !== undefined && hello.serverKey !== expectedKey) {
    throw new CofactorError("AUTH_FAILED", "the server has another key than the one this device knows: it may be another server");
  }
  if (!verifyText(hello.serverKey, "terms", bytes, hello.termsSignature)) {
    throw new CofactorError("AUTH_FAILED", "the terms are not signed by the server's key");
  }
  const termsDigest = await digestOf(bytes);
  if (pinned !== undefined && pinned.termsDigest !== termsDigest) {
    throw new CofactorError("TERMS_REFUSED", "the terms of this run have changed since this device joined: a changed run needs a new name");
  }
  const run = defineRun(JSON.parse(hello.terms));
  if (run.terms.id !== runId) throw new CofactorError("TERMS_REFUSED", `the terms expected to be of run "${runId}"`);
  assertAccepted(run, accept);
  return { run, pin: { serverKey: hello.serverKey, termsDigest } };
}

function assertAccepted(run: Run, accept: Acceptance): void {
  const { protection, terms } = run;
  const isProtected = accept.protections?.includes(protection.kind) ?? !protection.revealsContributions;
  if (!isProtected) {
    const accepted = accept.protections?.join(", ") ?? "any that hides contributions from the aggregator";
    throw refused(`protection "${protection.kind}"; accepted: ${accepted}. To accept it, name it in accept.protections`);
  }
  const minCohort = accept.minCohort ?? 2;
  if (terms.cohort.min < minCohort) throw refused(`sums over as few as ${terms.cohort.min} devices; accepted: at least ${minCohort}`);
  if (accept.models !== undefined && !accept.models.includes(run.model.kind)) {
    throw refused(`model "${run.model.kind}"; accepted: ${accept.models.join(", ")}`);
  }
  if (accept.maxRounds !== undefined && terms.rounds > accept.maxRounds) {
    throw refused(`${terms.rounds} rounds; accepted: at most ${accept.maxRounds}`);
  }
}

function refused(what: string): CofactorError {
  return new CofactorError("TERMS_REFUSED", `the run's terms ask for ${what}`);
}
