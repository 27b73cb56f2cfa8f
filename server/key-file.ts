/**
 * Key files: a keyholder's private key and identity, sealed under a passphrase. Imports crypto, node:fs.
 *
 * Form: one line of JSON with a version, the public part in clear, and the sealed secret in base64url. Written for its owner alone
 * (mode 600), never over an existing file.
 */
import { readFileSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import { fromBase64url, toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { openSecret, sealSecret } from "../shared/crypto/envelope.ts";
import { createIdentity, type Identity, identityFromSeed, seedOf } from "../shared/crypto/identity.ts";
import { generatePrivateKey, parsePrivateKey, privateKeyText, publicKeyText } from "../shared/crypto/paillier/keys.ts";
import { drawPrime } from "../shared/crypto/paillier/openssl-power.node.ts";
import { CofactorError } from "../shared/errors.ts";
import { secureRng } from "../shared/random.ts";

/** The part of a key file that anyone may read. */
export interface KeyFileInfo {
  readonly kind: "paillier";
  readonly bits: number;
  /** n in hexadecimal: goes into the terms. */
  readonly publicKey: string;
  /** The keyholder's identity: goes into the terms. */
  readonly keyholder: string;
}

/** What a keyholder needs. */
export interface OpenedKeyFile {
  readonly info: KeyFileInfo;
  readonly identity: Identity;
  /** The private key's text. */
  readonly secret: string;
}

const schema = v.strictObject({
  version: v.literal(1),
  kind: v.literal("paillier"),
  bits: v.number(),
  publicKey: v.pipe(v.string(), v.regex(/^[0-9a-f]+$/)),
  keyholder: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{43}$/)),
  sealed: v.string(),
});

/** Deals a fresh key to one keyholder. @throws CofactorError STORE_FAILED when the file exists or cannot be written */
export async function dealKeyFile(path: string, bits: 2048 | 3072, passphrase: string): Promise<KeyFileInfo> {
  const key = await generatePrivateKey(bits, drawPrime);
  const identity = createIdentity(secureRng);
  const secret = JSON.stringify({ seed: toBase64url(seedOf(identity)), key: privateKeyText(key) });
  const info: KeyFileInfo = { kind: "paillier", bits, publicKey: publicKeyText(key.publicKey), keyholder: identity.id };
  const sealed = toBase64url(await sealSecret(toUtf8(secret), passphrase, secureRng));
  try {
    writeFileSync(path, `${JSON.stringify({ version: 1, ...info, sealed })}\n`, { flag: "wx", mode: 0o600, flush: true });
  } catch (cause) {
    throw new CofactorError("STORE_FAILED", `the key file "${path}" could not be written: it must not exist yet`, { cause });
  }
  return info;
}

/** The public part of a key file. @throws CofactorError DATA_INVALID */
export function readKeyFileInfo(path: string): KeyFileInfo {
  const { kind, bits, publicKey, keyholder } = parseFile(path);
  return { kind, bits, publicKey, keyholder };
}

/** Opens a key file. @throws CofactorError DATA_INVALID, DECRYPT_FAILED for a wrong passphrase */
export async function openKeyFile(path: string, passphrase: string): Promise<OpenedKeyFile> {
  const { kind, bits, publicKey, keyholder, sealed } = parseFile(path);
  const secret = JSON.parse(new TextDecoder().decode(await openSecret(fromBase64url(sealed), passphrase))) as { seed: string; key: string };
  const identity = identityFromSeed(fromBase64url(secret.seed));
  if (identity.id !== keyholder || publicKeyText(parsePrivateKey(secret.key).publicKey) !== publicKey) {
    throw new CofactorError("DATA_INVALID", `${path}: the public part does not belong to the sealed one`);
  }
  return { info: { kind, bits, publicKey, keyholder }, identity, secret: secret.key };
}

function parseFile(path: string): v.InferOutput<typeof schema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `${path}: expected a key file, as "cofactor keys deal" writes it`, { cause });
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new CofactorError("DATA_INVALID", `${path}: expected a key file of version 1`);
  return parsed.output;
}
