/**
 * What the coordinator that holds the lease says of itself, signed by the run's own key: whoever can write to the Redis can name no other address, neither
 * to gateways nor to an operator who is sent on to the leader's console. Imports valibot, crypto.
 */
import * as v from "valibot";
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { type Identity, sign } from "../../shared/crypto/identity.ts";
import type { Run } from "../../shared/run.ts";
import { joinBytes } from "../../shared/wire/signed.ts";
import { verifySignature } from "../verify.ts";

/** What the holder of the lease says of itself. */
export interface Holder {
  /** Where gateways and keyholders reach it. */
  readonly url: string;
  /** Another one for each process. */
  readonly id: string;
}

const short = (length: number) => v.pipe(v.string(), v.maxLength(length));
const schema = v.strictObject({ url: short(500), id: short(100), proof: short(100) });

/** The holder as a lease keeps it. */
export function encodeHolder(holder: Holder, run: Run, identity: Identity): string {
  const { url, id } = holder;
  return JSON.stringify({ url, id, proof: toBase64url(sign(identity, "link", signedBytes(holder, run, identity.id))) });
}

/**
 * The holder that a lease names; undefined for what is none, or was not signed by this run's key.
 * @param serverKey the run's own public key, base64url
 */
export function parseHolder(text: string | undefined, run: Run, serverKey: string): Holder | undefined {
  if (text === undefined || text.length > 1_000) return undefined;
  try {
    const { url, id, proof } = v.parse(schema, JSON.parse(text));
    return verifySignature(serverKey, "link", signedBytes({ url, id }, run, serverKey), proof) ? { url, id } : undefined;
  } catch {
    return undefined;
  }
}

/** The origin of a holder's address, for who follows it; null for what is no web address. Nothing else of what the lease says is shown. */
export function originOf(url: string): string | null {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed?.protocol === "http:" || parsed?.protocol === "https:" ? parsed.origin : null;
}

function signedBytes({ url, id }: Holder, run: Run, serverKey: string): Uint8Array {
  return joinBytes(id, run.terms.id, `holder at ${url}`, serverKey, run.digest);
}
