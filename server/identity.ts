/** Who a server is for a run: the terms that it signs and the key that it signs with, which all servers of a store share. Imports shared, the store's types. */
import { toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { type Identity, identityFromSeed, sign } from "../shared/crypto/identity.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { planRun } from "../shared/plan-run.ts";
import type { SecureRng } from "../shared/random.ts";
import type { Run } from "../shared/run.ts";
import { canonicalJson } from "../shared/terms.ts";
import type { Store } from "./store.ts";

/** Terms as every peer is told them. */
export interface SignedTerms {
  readonly text: string;
  readonly signature: string;
  readonly serverKey: string;
}

/** A server's identity for a run: made at the first start, kept in the store. @throws CofactorError CONFIG_INVALID, STORE_FAILED */
export async function openIdentity(
  run: Run,
  store: Store,
  secure: SecureRng,
): Promise<{ readonly identity: Identity; readonly terms: SignedTerms }> {
  const text = canonicalJson(run.terms);
  const identity = (await load(run, store, text)) ?? (await make(run, store, text, secure));
  return { identity, terms: { text, signature: toBase64url(sign(identity, "terms", toUtf8(text))), serverKey: identity.id } };
}

async function load(run: Run, store: Store, text: string): Promise<Identity | undefined> {
  const stored = await store.loadRun(run.terms.id);
  if (stored === undefined) return undefined;
  if (stored.terms === text) {
    if (stored.identitySeed.length > 0) return identityFromSeed(stored.identitySeed);
    throw new CofactorError("CONFIG_INVALID", `run "${run.terms.id}" was imported without its key: it can be read here, not served`);
  }
  throw new CofactorError(
    "CONFIG_INVALID",
    `the store holds other terms for run "${run.terms.id}": signed terms cannot change, give the run a new name`,
  );
}

async function make(run: Run, store: Store, text: string, secure: SecureRng): Promise<Identity> {
  const identitySeed = secure.bytes(32);
  try {
    await store.saveRun(run.terms.id, { terms: text, identitySeed });
  } catch (error) {
    // Another server of the same store may have been first.
    const other = isCofactorError(error) ? await load(run, store, text) : undefined;
    if (other === undefined) throw error;
    return other;
  }
  return identityFromSeed(identitySeed);
}

/** A run that is ready, or the one of terms; the noise of a promise of privacy is calibrated where terms leave it open. @throws CofactorError CONFIG_INVALID */
export async function toRun(run: Run | object): Promise<Run> {
  return isRun(run) ? run : planRun(run);
}

function isRun(value: Run | object): value is Run {
  return "terms" in value && "model" in value && "protection" in value && "rule" in value;
}
