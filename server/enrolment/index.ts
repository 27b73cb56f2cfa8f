/** Every enrolment policy. A new one is a file and a line here. Imports the policies. */
import { approved } from "./approved.ts";
import { invitation } from "./invitation.ts";
import { open } from "./open.ts";
import type { EnrolmentDefinition } from "./policy.ts";

/** The policies by kind. */
export const enrolmentPolicies: readonly EnrolmentDefinition[] = [open, invitation, approved] as unknown as readonly EnrolmentDefinition[];
