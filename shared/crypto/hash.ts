/**
 * SHA-256 by the platform's WebCrypto, in browsers (on https or localhost) and Node. SHA-512 by tweetnacl, where there
 * must be no waiting. Imports tweetnacl, encoding.ts and errors.ts.
 */
import nacl from "tweetnacl";
import { CofactorError } from "../errors.ts";
import { toBase64url } from "./encoding.ts";

/** The SHA-256 digest, 32 bytes. @throws CofactorError CONFIG_INVALID where the platform has no WebCrypto (a page not on https) */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new CofactorError("CONFIG_INVALID", "WebCrypto is missing: serve the page over https or from localhost");
  }
  return new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}

/** The SHA-256 digest in base64url, 43 characters: the form in which headers carry digests. */
export async function digestOf(bytes: Uint8Array): Promise<string> {
  return toBase64url(await sha256(bytes));
}

/** The first 32 bytes of the SHA-512 digest in base64url: at once, for short texts such as terms. */
export function shortDigestOf(bytes: Uint8Array): string {
  return toBase64url(nacl.hash(bytes).subarray(0, 32));
}
