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
import type { AnswerFate, Driver, Store } from "./store.ts";
import { verifySignature } from "./verify.ts";

/** What takes answers. */
export interface IntakeParts {
  readonly run: Run;
  readonly store: Pick<Store, "saveAnswer">;
  readonly driver: Driver;
  /** Of all unfinished answers together; by default without a bound. */
  readonly maxBytesInFlight?: number | undefined;
}

/** What a device is told of an answer that is durable. */
export type TakenAs = "accepted" | "duplicate";

/**
 * Takes a chunk of a client's answer.
 *
 * @param takeIn takes in the whole answer that this chunk completed, once it is durable. It calls `settle` in the turn in which the answer is in
 * the sum, and not before: until then something counts as being saved, so that no deadline comes between the disk and the sum.
 * @throws CofactorError ROUND_CLOSED, REPLAYED, AUTH_FAILED, MESSAGE_TOO_LARGE, MESSAGE_MALFORMED, RATE_LIMITED, STORE_FAILED, FENCED, or the protection's refusal
 */
export async function takeAnswer(
  parts: IntakeParts,
  active: ActiveRound,
  client: string,
  header: RequestHeader<"answer">,
  bytes: Uint8Array,
  takeIn: (whole: Uint8Array, settle: () => void, fate: AnswerFate) => Promise<TakenAs>,
): Promise<AnswerHeader<"answer">> {
  const { run, maxBytesInFlight } = parts;
  const { round, stage, digest, total, offset } = header;
  const standing = standingOf(active.state, client, stage);
  if (standing === "stranger")
    throw new CofactorError("ROUND_CLOSED", `this client was not asked in round ${round}: wait for an invitation`);
  const saving = active.saving.get(client);
  if (standing === "duplicate" || saving !== undefined) {
    if (active.digests.get(answerKey(stage, client)) !== digest) throw replayed(round);
    // Not a duplicate before the first one is durable: when that fails, so does this.
    await saving;
    return { received: total, status: "duplicate" };
  }
  if (standing === "late" || active.isDue || active.openStage !== stage) throw closed(round, stage);
  const known = active.uploads.received(client);
  const maxBytes = run.protection.maxAnswerBytes(stage, roundFrame(run, round));
  const whole = active.uploads.take(client, { digest, total, offset, bytes }, maxBytes, maxBytesInFlight);
  active.bytesUp += Math.max(0, active.uploads.received(client) - known);
  if (whole === undefined) return { received: active.uploads.received(client), status: "partial" };

  const work = keep(parts, active, client, header, whole);
  active.saving.set(client, work);
  active.digests.set(answerKey(stage, client), digest);
  // Once: behind it the client may be saving its answer of the next stage.
  const settle = (): void => {
    if (active.saving.get(client) !== work) return;
    active.uploads.drop(client);
    active.saving.delete(client);
  };
  try {
    const fate = await work;
    return { received: total, status: await takeIn(whole, settle, fate) };
  } catch (error) {
    active.digests.delete(answerKey(stage, client));
    throw error;
  } finally {
    settle();
  }
}

/** Checks a whole answer and makes it durable. */
async function keep(
  { run, store, driver }: IntakeParts,
  active: ActiveRound,
  client: string,
  header: RequestHeader<"answer">,
  whole: Uint8Array,
): Promise<AnswerFate> {
  const { round, stage, digest, signature } = header;
  if ((await digestOf(whole)) !== digest) throw new CofactorError("MESSAGE_MALFORMED", '"digest" expected the sha256 of the answer');
  if (!verifySignature(client, "answer", answerBytes(run.digest, round, stage, digest), signature)) {
    throw new CofactorError("AUTH_FAILED", '"signature" expected this client\'s signature of terms, round, stage and digest');
  }
  active.aggregator.admit(stage, client, whole);
  const fate = await store.saveAnswer(driver, round, { stage, client, digest, signature, bytes: whole });
  // "duplicate": durable since an earlier attempt whose outcome was in doubt. It is not in this sum yet.
  if (fate === "conflict") throw replayed(round);
  if (fate === "closed") throw closed(round, stage);
  return fate;
}

function replayed(round: number): CofactorError {
  return new CofactorError("REPLAYED", `round ${round} already has another answer of this client`);
}

function closed(round: number, stage: number): CofactorError {
  return new CofactorError("ROUND_CLOSED", `stage ${stage} of round ${round} no longer takes answers: wait for the next invitation`);
}
