/** Where a run's enrolment is kept: in its PostgreSQL data base, else in a file. A new place is a file and a line here. Imports errors, the seam. */
import { existsSync } from "node:fs";
import { CofactorError } from "../../shared/errors.ts";
import { enrolmentFileOf } from "../enrolment/file.ts";
import type { EnrolmentContents, EnrolmentStore } from "../enrolment/store.ts";

/** Which enrolment is meant. */
export interface EnrolmentPlace {
  readonly run: string;
  /** The run's store, as `openStore` takes it; by default the run's file. */
  readonly store?: string | undefined;
  /** A file that is named; it goes before the data base. */
  readonly file?: string | undefined;
}

/** What was brought over, and whether its invitations hold where it is now. */
export interface ImportedEnrolment extends EnrolmentContents {
  readonly holds: boolean;
}

/**
 * Opens it, made when it is not there.
 * @throws CofactorError STORE_FAILED; CONFIG_INVALID where a file of earlier times lies beside a data base: its revocations would be forgotten
 */
export async function openEnrolment(place: EnrolmentPlace): Promise<EnrolmentStore> {
  const { run, store } = place;
  const earlier = [enrolmentFileOf(run, store), enrolmentFileOf(run)].find((path) => existsSync(path));
  if (dataBaseOf(place) !== undefined && earlier !== undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `enrolment is kept in the data base, and there is a file "${earlier}" too: bring it over with "cofactor clients import --run ${run} --from ${earlier} --store postgres://...", then move it away`,
    );
  }
  return openPlace(place);
}

/**
 * Brings over what a file keeps for a run, to the place where its enrolment is kept from now on. The file stays as it is, and holds no more.
 * @throws CofactorError CONFIG_INVALID for a file that keeps nothing of the run, or a place that keeps something of it already; STORE_FAILED
 */
export async function importEnrolment(from: string, place: EnrolmentPlace): Promise<ImportedEnrolment> {
  const contents = existsSync(from) ? await contentsOf(from, place.run) : undefined;
  if (contents === undefined || contents.clients.length + contents.invitations.length === 0) {
    throw new CofactorError("CONFIG_INVALID", `there is no enrolment of run "${place.run}" in a file "${from}"`);
  }
  const store = await openPlace(place);
  try {
    return { ...contents, holds: await store.restore(place.run, contents) };
  } finally {
    await store.close();
  }
}

async function contentsOf(path: string, run: string): Promise<EnrolmentContents> {
  const store = (await import("./sqlite-enrolment.ts")).sqliteEnrolment(path);
  try {
    return await store.contents(run);
  } finally {
    await store.close();
  }
}

async function openPlace(place: EnrolmentPlace): Promise<EnrolmentStore> {
  const url = dataBaseOf(place);
  if (url !== undefined) return (await import("./postgres-enrolment.ts")).postgresEnrolment(url);
  return (await import("./sqlite-enrolment.ts")).sqliteEnrolment(enrolmentFileOf(place.run, place.store, place.file));
}

function dataBaseOf({ store, file }: EnrolmentPlace): string | undefined {
  return file === undefined && store !== undefined && isShared(store) ? store : undefined;
}

/** True for a store that several servers may share. */
export function isShared(store: string): boolean {
  return /^postgres(ql)?:/i.test(store);
}
