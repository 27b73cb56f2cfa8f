/**
 * Takes the answers of an open round: standing, size, chunks, digest, signature, the protection's own check, and then the disk.
 * Imports shared, the active round and the store's types.
 *
 * An answer is acknowledged as accepted, or as a duplicate, only when it is durable.
 */
import { digestOf } from "../shared/crypto/hash.ts";
import { CofactorError } from "../shared/errors.ts";
import { standingOf } from "../shared/round.ts";
import { type Run, roundFrame } from "../shared/run.ts";
import type { AnswerHeader, RequestHeader } from "../shared/wire/messages.ts";
import { answerBytes } from "../shared/wire/signed.ts";
import { type ActiveRound, answerKey } from "./active-round.ts";
import type { Store } from "./store.ts";
import { verifySignature } from "./verify.ts";

/**
 * Takes a chunk of a client's answer.
 *
 * @param combine takes in the whole answer that this chunk completed. It is called once the answer is durable and before anything
 * else can see that nothing is being saved any more: a deadline cannot come between the disk and the sum.
 * @throws CofactorError ROUND_CLOSED, REPLAYED, AUTH_FAILED, MESSAGE_TOO_LARGE, MESSAGE_MALFORMED, RATE_LIMITED, STORE_FAILED, or the protection's refusal
 */
export async function takeAnswer(
  { run, store, maxBytesInFlight }: { readonly run: Run; readonly store: Store; readonly maxBytesInFlight?: number | undefined },
  active: ActiveRound,
  client: string,
  header: RequestHeader<"answer">,
  bytes: Uint8Array,
  combine: (whole: Uint8Array) => void,
): Promise<AnswerHeader<"answer">> {
  const { round, stage, digest, total, offset } = header;
  const standing = standingOf(active.state, client, stage);
  if (standing === "stranger")
    throw new CofactorError("ROUND_CLOSED", `this client was not asked in round ${round}: wait for an invitation`);
  const saving = active.saving.get(client);
  if (standing === "duplicate" || saving !== undefined) {
    if (active.digests.get(answerKey(stage, client)) !== digest) {
      throw new CofactorError("REPLAYED", `round ${round} already has another answer of this client`);
    }
    // Not a duplicate before the first one is durable: when that fails, so does this.
    await saving;
    return { received: total, status: "duplicate" };
  }
  if (standing === "late" || active.isDue) {
    throw new CofactorError("ROUND_CLOSED", `stage ${stage} of round ${round} no longer takes answers: wait for the next invitation`);
  }
  const known = active.uploads.received(client);
  const maxBytes = run.protection.maxAnswerBytes(stage, roundFrame(run, round));
  const whole = active.uploads.take(client, { digest, total, offset, bytes }, maxBytes, maxBytesInFlight);
  active.bytesUp += Math.max(0, active.uploads.received(client) - known);
  if (whole === undefined) return { received: active.uploads.received(client), status: "partial" };

  const work = keep(run, store, active, client, header, whole);
  active.saving.set(client, work);
  active.digests.set(answerKey(stage, client), digest);
  try {
    await work;
    combine(whole);
  } catch (error) {
    active.digests.delete(answerKey(stage, client));
    throw error;
  } finally {
    active.uploads.drop(client);
    active.saving.delete(client);
  }
  return { received: total, status: "accepted" };
}

/** Checks a whole answer and makes it durable. */
async function keep(
  run: Run,
  store: Store,
  active: ActiveRound,
  client: string,
  header: RequestHeader<"answer">,
  whole: Uint8Array,
): Promise<void> {
  const { round, stage, digest, signature } = header;
  if ((await digestOf(whole)) !== digest) throw new CofactorError("MESSAGE_MALFORMED", '"digest" expected the sha256 of the answer');
  if (!verifySignature(client, "answer", answerBytes(run.digest, round, stage, digest), signature)) {
    throw new CofactorError("AUTH_FAILED", '"signature" expected this client\'s signature of terms, round, stage and digest');
  }
  active.aggregator.admit(stage, client, whole);
  await store.saveAnswer(run.terms.id, round, { stage, client, digest, signature, bytes: whole });
}
