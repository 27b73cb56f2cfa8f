/** The exact bytes that signatures of the protocol cover, for both sides. Imports nothing. */

/** What a device signs to join: fresh challenge, run, role, and the server's key and terms, so that no other server can use it. */
export function joinBytes(challenge: string, run: string, role: string, serverKey: string, termsDigest: string): Uint8Array {
  return toBytes([challenge, run, role, serverKey, termsDigest]);
}

/** What a device signs for its answer to a stage: no other run, key, round or stage can use it. */
export function answerBytes(termsDigest: string, round: number, stage: number, digest: string): Uint8Array {
  return toBytes([termsDigest, round, stage, digest]);
}

/** What a server signs to have a sum opened: no other terms, round, group or list of contributors can use it. */
export function openBytes(termsDigest: string, round: number, group: number, list: string): Uint8Array {
  return toBytes([termsDigest, round, group, list]);
}

function toBytes(parts: readonly (string | number)[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(parts));
}
