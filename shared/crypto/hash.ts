/** SHA-256 by the platform's WebCrypto, in browsers (on https or localhost) and Node. Imports encoding.ts and errors.ts. */
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
