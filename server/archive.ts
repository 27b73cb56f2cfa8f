/**
 * Runs on the move: out of a store as a signed archive, and into another one. Imports shared, the ledger, the stores.
 *
 * An archive holds the terms, the kept models with the optimizer's state, the records of all rounds, the ledger, who was counted when, the kept
 * catalogues and the orders that wait. It holds no enrolment (devices enrol anew, with the keys that they have), no answer of an open round, and no
 * secret, unless it is sealed in under a passphrase: the key that signs the run's terms, and the secret state of noise. Without them an imported run
 * can be read, and not served. Whoever moves a run must let the old store rest: two servers of one run would each ask and release.
 */
import * as v from "valibot";
import { fromBase64url, toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { openSecret, sealSecret } from "../shared/crypto/envelope.ts";
import { digestOf } from "../shared/crypto/hash.ts";
import { identityFromSeed } from "../shared/crypto/identity.ts";
import { CofactorError } from "../shared/errors.ts";
import { type SecureRng, secureRng } from "../shared/random.ts";
import { openRun, type Run } from "../shared/run.ts";
import { canonicalJson } from "../shared/terms.ts";
import { decodeModel } from "../shared/wire/model-codec.ts";
import { type Archive, decodeArchive, encodeArchive } from "./archive-format.ts";
import { Ledger } from "./ledger.ts";
import { loadCatalogue } from "./publisher.ts";
import type { Publication, RunContents, Store } from "./store.ts";
import { memoryStore } from "./stores/memory.ts";

/** How a run is exported. */
export interface ExportOptions {
  /** Seals what is secret into the archive, so that the run can be served where it is imported; by default nothing secret is in it. */
  readonly passphrase?: string | undefined;
  readonly secure?: SecureRng;
}

/** How a run is imported. */
export interface ImportOptions {
  /** Opens what is secret. Without it the run can be read there, and not served. */
  readonly passphrase?: string | undefined;
  /** The key that the run must be signed by, where it is known. */
  readonly serverKey?: string | undefined;
}

/** A run that was imported. */
export interface ImportedRun {
  readonly run: string;
  /** The key that signed the archive, and signs the run's terms. */
  readonly serverKey: string;
  /** True when it can be served there. */
  readonly hasIdentity: boolean;
  /** The newest published round. */
  readonly round: number;
}

const secretSchema = v.strictObject({ seed: v.string(), noise: v.optional(v.string()) });

/**
 * A run of a store as an archive.
 * @throws CofactorError CONFIG_INVALID for a run that is not there, or that was imported without its key; STORE_FAILED
 */
export async function exportRun(store: Store, run: string, { passphrase, secure = secureRng }: ExportOptions = {}): Promise<Uint8Array> {
  const [stored, contents] = [await store.loadRun(run), await store.contents(run)];
  if (stored === undefined || contents === undefined) throw new CofactorError("CONFIG_INVALID", `the store has no run "${run}"`);
  if (stored.identitySeed.length === 0) {
    throw new CofactorError("CONFIG_INVALID", `run "${run}" was imported without its key: nothing can be signed here`);
  }
  const noise = contents.models.at(-1)?.noise;
  const secret = { seed: toBase64url(stored.identitySeed), ...(noise === undefined ? {} : { noise: toBase64url(noise) }) };
  const sealed = passphrase === undefined ? undefined : await sealSecret(toUtf8(JSON.stringify(secret)), passphrase, secure);
  return encodeArchive(identityFromSeed(stored.identitySeed), run, contents, sealed);
}

/**
 * Takes the run of an archive into a store: all or nothing. A round that was open is abandoned there; its number is not used again.
 *
 * @throws CofactorError DATA_INVALID for an archive that was changed, or whose parts do not belong together; LEDGER_CORRUPT where terms promise
 *   privacy and its ledger does not bear them out; AUTH_FAILED for another key than the expected one; DECRYPT_FAILED for a wrong passphrase;
 *   CONFIG_INVALID for a passphrase where nothing is sealed; STORE_FAILED for a run that is there
 */
export async function importRun(store: Store, bytes: Uint8Array, { passphrase, serverKey }: ImportOptions = {}): Promise<ImportedRun> {
  const archive = decodeArchive(bytes);
  if (serverKey !== undefined && serverKey !== archive.serverKey) {
    throw new CofactorError("AUTH_FAILED", `the archive is signed by ${archive.serverKey}, another key than the expected one`);
  }
  const secret = passphrase === undefined ? undefined : await openSealed(archive, passphrase);
  const run = await checkRun(archive);
  const settled = await settle(run, withNoise(archive.contents, secret?.noise ?? new Uint8Array(0)));
  const seed = secret?.seed ?? new Uint8Array(0);
  await store.restore(archive.run, seed, secret?.noise === undefined ? withNoise(settled, undefined) : settled);
  return {
    run: archive.run,
    serverKey: archive.serverKey,
    hasIdentity: secret !== undefined,
    round: archive.contents.models.at(-1)?.round ?? 0,
  };
}

/** The secret part, which must belong to the signed one. */
async function openSealed(
  { sealed, serverKey }: Archive,
  passphrase: string,
): Promise<{ readonly seed: Uint8Array; readonly noise: Uint8Array | undefined }> {
  if (sealed === undefined)
    throw new CofactorError("CONFIG_INVALID", "the archive was made without its run's key: no passphrase opens anything");
  const opened = await openSecret(sealed, passphrase);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), secretSchema), new TextDecoder().decode(opened));
  opened.fill(0);
  if (parsed.success) {
    const seed = fromBase64url(parsed.output.seed);
    if (seed.length === 32 && identityFromSeed(seed).id === serverKey) {
      return { seed, noise: parsed.output.noise === undefined ? undefined : fromBase64url(parsed.output.noise) };
    }
  }
  throw new CofactorError("DATA_INVALID", "the archive's sealed part does not belong to its run");
}

/** Terms, models and catalogue belong together. */
async function checkRun({ run: id, contents }: Archive): Promise<Run> {
  const run = await openTerms(contents.terms);
  if (run.terms.id !== id) throw new CofactorError("DATA_INVALID", `the archive of run "${id}" has terms of another run`);
  for (const { round, sha256, model } of contents.models) {
    if ((await digestOf(model)) !== sha256) throw new CofactorError("DATA_INVALID", `the archive's model of round ${round} is another one`);
  }
  return run;
}

async function openTerms(text: string): Promise<Run> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
  const run = parsed.success ? await openRun(parsed.output) : undefined;
  if (run !== undefined && canonicalJson(run.terms) === text) return run;
  throw new CofactorError("DATA_INVALID", "the archive's terms are not in the form in which they are signed");
}

/** The contents as a server would find them, checked as it checks them, with the open round abandoned. */
async function settle(run: Run, contents: RunContents): Promise<RunContents> {
  const { id } = run.terms;
  const scratch = memoryStore();
  await scratch.restore(id, new Uint8Array(0), contents);
  const driver = await scratch.takeOver(id);
  const ledger = await Ledger.open(run, scratch);
  const latest = contents.models.at(-1);
  if (latest !== undefined) {
    const shared = decodeModel(latest.model, run.sharedSize, run.terms.precision);
    await loadCatalogue(run, scratch, { shared, state: latest.state, round: latest.advanced });
  }
  const { open } = contents;
  if (open !== undefined) {
    const record = {
      round: open.round,
      outcome: "abandoned",
      invited: open.cohort.length,
      accepted: 0,
      dropped: open.cohort.length,
      sha256: latest?.sha256 ?? "",
      reason: "the run was moved to another store",
    } as const;
    await ledger.write({ round: open.round, kind: "abandoned", clients: [] }, (entry) => scratch.abandon(driver, record, entry));
  }
  return (await scratch.contents(id))!;
}

/** The contents with the secret state of noise at the newest model. */
function withNoise(contents: RunContents, noise: Uint8Array | undefined): RunContents {
  const models = contents.models.map(({ noise: _, ...model }, index): Publication => {
    return index === contents.models.length - 1 && noise !== undefined ? { ...model, noise } : model;
  });
  return { ...contents, models };
}
