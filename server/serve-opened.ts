/** What `cofactor serve` opens before it serves, closed again where its start fails half way: a process that cannot start ends. Imports stores. */
import { EnrolmentDesk } from "./enrolment/desk.ts";
import { enrolmentPolicies } from "./enrolment/index.ts";
import type { Started } from "./serve-started.ts";
import { openEnrolment } from "./stores/enrolment.ts";

/** Anything that is to be closed. */
interface Closable {
  close(): Promise<unknown>;
}

/** Takes note of what was opened. */
export type Keep = <Thing extends Closable>(thing: Thing) => Thing;

/** Starts something of parts that are opened one after the other: where it fails, those that were kept are closed, the last one first. */
export async function startOf<Result>(start: (keep: Keep) => Promise<Result>): Promise<Result> {
  const opened: Closable[] = [];
  const keep: Keep = (thing) => {
    opened.push(thing);
    return thing;
  };
  try {
    return await start(keep);
  } catch (error) {
    for (const thing of opened.reverse()) await thing.close().catch(() => undefined);
    throw error;
  }
}

/** Who may join, as the settings say. @throws CofactorError CONFIG_INVALID, STORE_FAILED */
export async function openDesk({ settings, run }: Pick<Started, "settings" | "run">): Promise<EnrolmentDesk> {
  const { file, ...section } = settings.enrolment;
  const store = await openEnrolment({ run: run.terms.id, store: settings.store, file });
  return new EnrolmentDesk({ policies: enrolmentPolicies, section, store });
}
