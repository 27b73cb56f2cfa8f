/** Revocation at a server: a revoked key's connections end. Imports the desk, identities. */
import type { Clock } from "../../shared/clock.ts";
import type { Identities } from "../identities.ts";
import { memoryEnrolment } from "../stores/memory-enrolment.ts";
import { EnrolmentDesk } from "./desk.ts";
import { open } from "./open.ts";
import type { EnrolmentDefinition } from "./policy.ts";

/** Whose connections end, and how soon. */
export interface RevocationParts {
  readonly run: string;
  readonly clock: Clock;
  readonly identities: Identities;
  /** Default 1,000. */
  readonly everyMs?: number | undefined;
}

/** The enrolment that is given, watched for revocations; without one everybody may join. */
export function watchedEnrolment(
  given: EnrolmentDesk | undefined,
  { run, clock, identities, everyMs = 1_000 }: RevocationParts,
): EnrolmentDesk {
  if (given === undefined) {
    const policies = [open] as unknown as readonly EnrolmentDefinition[];
    return new EnrolmentDesk({ policies, section: { kind: "open" }, store: memoryEnrolment() });
  }
  given.watch(run, clock, everyMs, (client) => identities.end(client, "the operator has revoked this key"));
  return given;
}
