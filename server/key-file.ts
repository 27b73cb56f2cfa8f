/**
 * Key files: what a keyholder needs, sealed under a passphrase: a private key or a share of one, and the holder's identity. Imports crypto,
 * node:fs.
 *
 * Form: one line of JSON with a version (1: a whole key; 2: a share), the public part in clear, and the sealed secret in base64url.
 */
import { readFileSync } from "node:fs";
import * as v from "valibot";
import { fromBase64url } from "../shared/crypto/encoding.ts";
import { openSecret } from "../shared/crypto/envelope.ts";
import { type Identity, identityFromSeed } from "../shared/crypto/identity.ts";
import { parsePrivateKey, publicKeyText } from "../shared/crypto/paillier/keys.ts";
import { opensslPower } from "../shared/crypto/paillier/openssl-power.node.ts";
import { verifyKeyShare } from "../shared/crypto/paillier/threshold-deal.ts";
import { parseKeyShare, parseThresholdKey, type ThresholdKeyText } from "../shared/crypto/paillier/threshold-key.ts";
import { CofactorError, isCofactorError } from "../shared/errors.ts";

/** The part of a key file that anyone may read. */
export interface KeyFileInfo {
  readonly kind: "paillier";
  readonly bits: number;
  /** n in hexadecimal: goes into the terms. */
  readonly publicKey: string;
  /** The keyholder's identity: goes into the terms. */
  readonly keyholder: string;
  /** What makes it a share; absent when the file holds the whole key. */
  readonly share?: ShareInfo;
}

/** The public part of a share. */
export interface ShareInfo {
  /** Which share, from 1. */
  readonly index: number;
  /** How many shares open together. */
  readonly threshold: number;
  readonly holders: number;
  /** The values that parts are verified with: go into the terms. */
  readonly verification: ThresholdKeyText["verification"];
  /** All holders' identities in the order of their indexes: go into the terms. */
  readonly keyholders: readonly string[];
}

/** What a keyholder needs. */
export interface OpenedKeyFile {
  readonly info: KeyFileInfo;
  readonly identity: Identity;
  /** The text of the private key (parsePrivateKey), or of the share (parseKeyShare) where `info.share` is there. */
  readonly secret: string;
}

const identityText = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/));
const common = {
  kind: v.literal("paillier"),
  bits: v.number(),
  publicKey: v.pipe(v.string(), v.regex(/^[0-9a-f]+$/)),
  keyholder: identityText,
  sealed: v.string(),
};
const schema = v.variant("version", [
  v.strictObject({ version: v.literal(1), ...common }),
  v.strictObject({
    version: v.literal(2),
    ...common,
    index: v.number(),
    threshold: v.number(),
    holders: v.number(),
    verification: v.strictObject({ base: v.string(), keys: v.array(v.string()) }),
    keyholders: v.array(identityText),
  }),
]);
const secretSchema = v.object({ seed: v.string(), key: v.string() });

/** The text of a key file. `sealed` is the sealed secret in base64url. */
export function keyFileText({ share, ...info }: KeyFileInfo, sealed: string): string {
  return `${JSON.stringify({ version: share === undefined ? 1 : 2, ...info, ...share, sealed })}\n`;
}

/** The public part of a key file. @throws CofactorError DATA_INVALID */
export function readKeyFileInfo(path: string): KeyFileInfo {
  return parseFile(path).info;
}

/**
 * Opens a key file.
 *
 * Guarantees: the identity, and the key or share, belong to the public part; a share is the one that its verification value commits to.
 *
 * @throws CofactorError DATA_INVALID, DECRYPT_FAILED for a wrong passphrase
 */
export async function openKeyFile(path: string, passphrase: string): Promise<OpenedKeyFile> {
  const { info, sealed } = parseFile(path);
  const opened = await openSecret(decode(path, sealed), passphrase);
  try {
    const { seed, key: secret } = v.parse(secretSchema, JSON.parse(new TextDecoder().decode(opened)));
    const identity = identityFromSeed(fromBase64url(seed));
    if (identity.id === info.keyholder && isSecretOf(info, secret)) return { info, identity, secret };
  } catch {
    // What was sealed is not told, nor what is wrong with it.
  } finally {
    opened.fill(0);
  }
  throw new CofactorError("DATA_INVALID", `${path}: the public part does not belong to the sealed one`);
}

/** Whether a sealed text is the key or share of the public part. @throws CofactorError when it is no key or share at all */
function isSecretOf({ publicKey, share: info }: KeyFileInfo, secret: string): boolean {
  if (info === undefined) return publicKeyText(parsePrivateKey(secret).publicKey) === publicKey;
  const key = parseThresholdKey({ publicKey, ...info });
  const share = parseKeyShare(key, secret);
  verifyKeyShare(key, share, opensslPower);
  return share.index === info.index;
}

function parseFile(path: string): { readonly info: KeyFileInfo; readonly sealed: string } {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `${path}: expected a key file, as "cofactor keys deal" writes it`, { cause });
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new CofactorError("DATA_INVALID", `${path}: expected a key file of version 1 or 2`);
  const { kind, bits, publicKey, keyholder, sealed } = parsed.output;
  const info: KeyFileInfo = { kind, bits, publicKey, keyholder };
  if (parsed.output.version === 1) return { info, sealed };
  const { index, threshold, holders, verification, keyholders } = parsed.output;
  const share: ShareInfo = { index, threshold, holders, verification, keyholders };
  checkShare(path, info, share);
  return { info: { ...info, share }, sealed };
}

/** The parts of a share's public part fit together. */
function checkShare(path: string, { bits, publicKey, keyholder }: KeyFileInfo, share: ShareInfo): void {
  const { index, keyholders, holders } = share;
  try {
    const key = parseThresholdKey({ publicKey, ...share });
    if (key.publicKey.bits === bits && keyholders.length === holders && keyholders[index - 1] === keyholder) return;
  } catch (cause) {
    if (!isCofactorError(cause)) throw cause;
    throw new CofactorError("DATA_INVALID", `${path}: ${cause.message}`, { cause });
  }
  throw new CofactorError("DATA_INVALID", `${path}: expected ${bits} bits, ${holders} keyholders, and this one in its place`);
}

function decode(path: string, text: string): Uint8Array {
  try {
    return fromBase64url(text);
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `${path}: expected the sealed part in base64url`, { cause });
  }
}
