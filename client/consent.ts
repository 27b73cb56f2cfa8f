/** What a device's user accepts, and the check of a run's signed terms against it. Imports shared. */
import { toUtf8 } from "../shared/crypto/encoding.ts";
import { verifyText } from "../shared/crypto/identity.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { groupsInWords } from "../shared/groups.ts";
import { privacySettingOf } from "../shared/plan-run.ts";
import type { PrivacyTerms } from "../shared/privacy/promise.ts";
import { openRun, type Run, runPrice } from "../shared/run.ts";
import { canonicalJson, termsDigest } from "../shared/terms.ts";
import { type AnswerHeader, protocolVersion } from "../shared/wire/messages.ts";
import type { BudgetLimit } from "./budget.ts";

/** What the user accepts. Everything has a safe default. */
export interface Acceptance {
  /** Kinds of protection; by default every kind under which the aggregator cannot read a contribution. */
  readonly protections?: readonly string[];
  /** Least cohort over which a sum may be revealed; default 2. */
  readonly minCohort?: number;
  /**
   * Greatest number of groups whose sums a round may reveal (`terms.cohort.groups`); default any, each being over at least `minCohort` devices where
   * the protection hides contributions. Groups make an aggregate robust against devices that lie; the more of them, the fewer people a sum is about.
   */
  readonly maxGroups?: number;
  /** Kinds of model; by default any. */
  readonly models?: readonly string[];
  /**
   * Greatest number of rounds of a run, by default any; and of rounds that this device contributes to, whatever the server says of
   * them: abandoned rounds count too, so leave room for some.
   */
  readonly maxRounds?: number;
  /** True refuses runs that promise no privacy; default: true when a limit below is set, since without a promise there is none. */
  readonly requirePrivacy?: boolean;
  /** Greatest epsilon that one run may promise; default: any. What is promised is checked on the device in any case. */
  readonly maxEpsilon?: number;
  /** Greatest delta that one run may promise; default: 1e-3 when another limit here is set, since a large delta makes every epsilon void. */
  readonly maxDelta?: number;
  /**
   * What all runs in the device's store may cost together; default: any. Each run is charged with its whole promise at the first round that
   * this device contributes to, and epsilons and deltas are added up. Refused is taking part, not joining: recommendations go on.
   */
  readonly budget?: BudgetLimit;
  /**
   * False refuses runs whose devices judge the model by ratings that they keep aside (`terms.evaluation`); default true. What they find leaves in the
   * contribution itself, under the same protection and promise: sums over the same cohort.
   */
  readonly evaluation?: boolean;
  /**
   * True accepts runs whose aggregator keeps what each device's part was worth (`terms.rewards`), by its public key: how useful a person's data was,
   * as far as cohorts' figures tell. Default false.
   */
  readonly rewards?: boolean;
  /**
   * False refuses runs whose devices take part when something has changed (`terms.temporal`); default true. A server then sees when that was; a
   * round's sum is over few devices' changes, where it was over many devices' whole ratings; and what was counted stays in the sum behind `leave`.
   */
  readonly temporal?: boolean;
  /** The server's key, base64url, when the app ships it; else the first one seen is kept and later ones must equal it. */
  readonly serverKey?: string;
}

/** What a device remembers of a run from its first visit on. */
export interface Pin {
  readonly serverKey: string;
  /** Digest of the terms' bytes. */
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
 * Guarantees: the run that comes back is exactly what was signed: a default that this version would fill in differently is refused.
 *
 * @param pinned what the device remembers, when it was here before
 * @throws CofactorError PROTOCOL_UNSUPPORTED; AUTH_FAILED for a bad signature or another key; TERMS_REFUSED naming the condition
 *   that is not met and what to do about it
 */
export async function checkTerms(
  runId: string,
  hello: AnswerHeader<"hello">,
  accept: Acceptance,
  pinned: Pin | undefined,
): Promise<AcceptedTerms> {
  if (hello.protocol !== protocolVersion) {
    throw new CofactorError(
      "PROTOCOL_UNSUPPORTED",
      `expected protocol ${protocolVersion}, the server speaks ${hello.protocol}: update the older side`,
    );
  }
  const bytes = toUtf8(hello.terms);
  const expectedKey = accept.serverKey ?? pinned?.serverKey;
  if (expectedKey !== undefined && hello.serverKey !== expectedKey) {
    const source = accept.serverKey === undefined ? "that this device met first" : "in accept.serverKey";
    throw new CofactorError(
      "AUTH_FAILED",
      `the server has another key than the one ${source}: it may be another server; do not go on before its operator explains`,
    );
  }
  if (!verifyText(hello.serverKey, "terms", bytes, hello.termsSignature)) {
    throw new CofactorError(
      "AUTH_FAILED",
      "the terms are not signed by the server's key: they were changed on the way, or the server is not genuine",
    );
  }
  const digest = termsDigest(hello.terms);
  if (pinned !== undefined && pinned.termsDigest !== digest) {
    throw new CofactorError("TERMS_REFUSED", "the terms of this run have changed since this device joined: a changed run needs a new name");
  }
  const run = await readTerms(hello.terms);
  if (run.terms.id !== runId) throw new CofactorError("TERMS_REFUSED", `the terms are those of another run, expected "${runId}"`);
  assertAccepted(run, accept);
  await assertPromiseKept(run, digest);
  return { run, pin: { serverKey: hello.serverKey, termsDigest: digest } };
}

/** The run that signed terms describe. */
async function readTerms(text: string): Promise<Run> {
  let run: Run;
  try {
    run = await openRun(JSON.parse(text));
  } catch (cause) {
    const reason = isCofactorError(cause) ? cause.message : "they are no JSON";
    throw new CofactorError("TERMS_REFUSED", `this version cannot read the run's terms (${reason}): update the older side`, { cause });
  }
  if (canonicalJson(run.terms) !== text) {
    throw new CofactorError(
      "TERMS_REFUSED",
      "the terms are not in canonical form or leave something out that this version would fill in itself: update the older side",
    );
  }
  return run;
}

function assertAccepted(run: Run, accept: Acceptance): void {
  const { protection, terms } = run;
  const isProtected = accept.protections?.includes(protection.kind) ?? !protection.revealsContributions;
  if (!isProtected) {
    const accepted = accept.protections?.join(", ") ?? "any that hides contributions from the aggregator";
    throw refused(`protection "${protection.kind}"; accepted: ${accepted}. To accept it, name it in accept.protections`);
  }
  const minCohort = accept.minCohort ?? 2;
  if (terms.cohort.min < minCohort) {
    throw refused(`sums over as few as ${terms.cohort.min} devices; accepted: at least ${minCohort}. To accept it, lower accept.minCohort`);
  }
  const price = runPrice(run);
  if (price !== undefined && price.groups > (accept.maxGroups ?? Number.POSITIVE_INFINITY)) {
    throw refused(`${groupsInWords(price)}; accepted: at most ${accept.maxGroups} groups. To accept it, raise accept.maxGroups`);
  }
  if (accept.models !== undefined && !accept.models.includes(run.model.kind)) {
    throw refused(`model "${run.model.kind}"; accepted: ${accept.models.join(", ")}. To accept it, name it in accept.models`);
  }
  if (accept.maxRounds !== undefined && terms.rounds > accept.maxRounds) {
    throw refused(`${terms.rounds} rounds; accepted: at most ${accept.maxRounds}. To accept it, raise accept.maxRounds`);
  }
  if (terms.evaluation !== undefined && accept.evaluation === false) {
    throw refused(
      `devices' own figures of quality (${terms.evaluation.metrics.join(", ")}), summed with contributions. To accept it, set accept.evaluation to true`,
    );
  }
  if (terms.rewards !== undefined && accept.rewards !== true) {
    throw refused(
      `a record of what each device's part was worth in ${terms.rewards.metric} (${terms.rewards.division.kind}), kept by its key: how useful its user's data was. To accept it, set accept.rewards to true`,
    );
  }
  if (terms.temporal !== undefined && accept.temporal === false) {
    throw refused("contributions of what has changed, which show when that was. To accept it, set accept.temporal to true");
  }
  assertPrivacy(terms.privacy, accept);
}

function assertPrivacy(promise: PrivacyTerms | undefined, accept: Acceptance): void {
  const { maxEpsilon, budget } = accept;
  const hasLimit = maxEpsilon !== undefined || accept.maxDelta !== undefined || budget !== undefined || accept.requirePrivacy === true;
  const maxDelta = accept.maxDelta ?? (hasLimit ? usualMaxDelta : undefined);
  if (promise === undefined) {
    if (accept.requirePrivacy ?? hasLimit) {
      throw refused(
        "contributions without a promise of privacy; accepted: runs that promise an epsilon. To accept it, set accept.requirePrivacy to false",
      );
    }
    return;
  }
  if (promise.sampling !== undefined) {
    throw refused(
      "cohorts drawn by coins, which save noise only while nobody is told how many came up: devices are told. Ask the operator for terms without sampling",
    );
  }
  if (maxEpsilon !== undefined && !(promise.epsilon <= maxEpsilon)) {
    throw refused(`epsilon ${promise.epsilon}; accepted: at most ${maxEpsilon}. To accept it, raise accept.maxEpsilon`);
  }
  if (maxDelta !== undefined && !(promise.delta <= maxDelta)) {
    throw refused(`delta ${promise.delta}; accepted: at most ${maxDelta}. To accept it, raise accept.maxDelta`);
  }
}

/** What a delta may be where nobody says so. */
const usualMaxDelta = 1e-3;

/** Digests of terms whose promise was found to be kept: adding up may take a second, and a device connects again and again. */
const kept = new Set<string>();

/** The device adds up the plan itself: an epsilon that the signed noise does not give is refused, whoever states it. */
async function assertPromiseKept(run: Run, digest: string): Promise<void> {
  const promise = run.terms.privacy;
  if (promise === undefined || kept.has(digest)) return;
  const { planPrivacy } = await import("../shared/privacy/plan.ts");
  try {
    planPrivacy(promise, privacySettingOf(run));
  } catch (cause) {
    if (!isCofactorError(cause)) throw cause;
    throw new CofactorError("TERMS_REFUSED", `the run's promise of privacy does not hold: ${cause.message}`, { cause });
  }
  kept.add(digest);
}

function refused(what: string): CofactorError {
  return new CofactorError("TERMS_REFUSED", `the run's terms ask for ${what}`);
}
