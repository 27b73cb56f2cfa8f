/** Where a run's enrolment is kept: in its PostgreSQL data base, else in a file. A new place is a file and a line here. Imports errors, the seam. */
import { existsSync } from "node:fs";
import { CofactorError } from "../../shared/errors.ts";
import { enrolmentFileOf } from "../enrolment/file.ts";
import type { EnrolmentStore } from "../enrolment/store.ts";

/** Which enrolment is meant. */
export interface EnrolmentPlace {
  readonly run: string;
  /** The run's store, as `openStore` takes it; by default the run's file. */
  readonly store?: string | undefined;
  /** A file that is named; it goes before the data base. */
  readonly file?: string | undefined;
}

/**
 * Opens it, made when it is not there.
 * @throws CofactorError STORE_FAILED; CONFIG_INVALID where a file of earlier times lies beside a data base and nobody says which one holds
 */
export async function openEnrolment({ run, store, file }: EnrolmentPlace): Promise<EnrolmentStore> {
  if (file !== undefined || store === undefined || !isShared(store)) {
    return (await import("./sqlite-enrolment.ts")).sqliteEnrolment(enrolmentFileOf(run, store, file));
  }
  const earlier = enrolmentFileOf(run, store);
  if (existsSync(earlier)) {
    throw new CofactorError(
      "CONFIG_INVALID",
      `enrolment is kept in the data base, and there is a file "${earlier}" too: name it as "enrolment.file" ("--file") to go on with it, or move it away`,
    );
  }
  return (await import("./postgres-enrolment.ts")).postgresEnrolment(store);
}

/** True for a store that several servers may share. */
export function isShared(store: string): boolean {
  return /^postgres(ql)?:/i.test(store);
}
