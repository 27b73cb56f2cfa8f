/**
 * How a gateway and a coordinator know each other: both prove that they hold the run's own key, for the address that the gateway dialled, so that
 * nobody who only names another address in the lease can pass their proofs on. Whoever sits on the line between them is TLS' to hold. Imports crypto.
 */
import { toBase64url } from "../../shared/crypto/encoding.ts";
import { type Identity, sign } from "../../shared/crypto/identity.ts";
import type { Run } from "../../shared/run.ts";
import { joinBytes } from "../../shared/wire/signed.ts";
import { verifySignature } from "../verify.ts";

/** What each side signs as its role. */
export function linkRole(role: "gateway" | "coordinator", url: string): string {
  return `${role} at ${url}`;
}

/** A coordinator's answer to a gateway's challenge, base64url. */
export function proveCoordinator(identity: Identity, run: Run, url: string, challenge: string): string {
  return toBase64url(sign(identity, "link", signedBytes(identity.id, run, url, challenge)));
}

/** Whether it is one, for this address. @param serverKey the run's own public key, base64url */
export function isCoordinator(serverKey: string, run: Run, url: string, challenge: string, proof: string): boolean {
  return verifySignature(serverKey, "link", signedBytes(serverKey, run, url, challenge), proof);
}

function signedBytes(serverKey: string, run: Run, url: string, challenge: string): Uint8Array {
  return joinBytes(challenge, run.terms.id, linkRole("coordinator", url), serverKey, run.digest);
}
