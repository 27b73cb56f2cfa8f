/** What every enrolment store says of contents that it takes in. Imports errors, encoding, the seam. */
import { equalBytes } from "../../shared/crypto/encoding.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { EnrolmentContents, KeptInvitation, ListedClient, Standing } from "../enrolment/store.ts";

/** Two stores of one run are not made one: whose word would be the later one? @throws CofactorError CONFIG_INVALID where something is kept */
export function assertNothingKept(run: string, kept: number): void {
  if (kept > 0) throw new CofactorError("CONFIG_INVALID", `the store keeps enrolment of run "${run}" already: nothing was taken in`);
}

/** The invitations that hold under the key that signs them here; undefined for none, where that is another one. */
export function holding(
  { inviterSeed, invitations }: EnrolmentContents,
  own: Uint8Array | undefined,
): readonly KeptInvitation[] | undefined {
  return own === undefined || inviterSeed === undefined || equalBytes(own, inviterSeed) ? invitations : undefined;
}

/** A key of a row. */
export function toListed(row: Readonly<Record<string, unknown>>): ListedClient {
  return { client: String(row["client"]), standing: row["standing"] as Standing, atMs: Number(row["at_ms"]) };
}

/** An invitation of a row. */
export function toInvitation(row: Readonly<Record<string, unknown>>): KeptInvitation {
  const client = row["client"] === null ? {} : { client: String(row["client"]) };
  return { hash: String(row["hash"]), expiresAtMs: Number(row["expires_at_ms"]), ...client };
}
