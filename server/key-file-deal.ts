/** Dealing keys into key files: one for a whole key, or one for each holder of a share. Imports crypto, key-file, node:fs. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, parse } from "node:path";
import { toBase64url, toUtf8 } from "../shared/crypto/encoding.ts";
import { sealSecret } from "../shared/crypto/envelope.ts";
import { createIdentity, type Identity, seedOf } from "../shared/crypto/identity.ts";
import { generatePrivateKey, privateKeyText, publicKeyText } from "../shared/crypto/paillier/keys.ts";
import { drawPrime, drawSafePrime, opensslPower } from "../shared/crypto/paillier/openssl-power.node.ts";
import { dealThresholdKey } from "../shared/crypto/paillier/threshold-deal.ts";
import { keyShareText, thresholdKeyText } from "../shared/crypto/paillier/threshold-key.ts";
import { CofactorError } from "../shared/errors.ts";
import { secureRng } from "../shared/random.ts";
import { type KeyFileInfo, keyFileText } from "./key-file.ts";

/** What to deal. */
export interface KeyFileDeal {
  /** The file of a whole key; the holders' files are named after it: keyFilePaths. */
  readonly path: string;
  readonly bits: 2048 | 3072;
  /** How many holders open together; 1 only with one holder. */
  readonly threshold: number;
  /** 1 for a whole key in one file. */
  readonly holders: number;
  /** One for all files, or one for each in the holders' order. */
  readonly passphrases: readonly string[];
  /** Another way to draw safe primes, or the same with progress. */
  readonly drawSafePrime?: (bits: number) => Promise<bigint>;
}

/** A file to write: its public part and what it seals. */
interface Draft {
  readonly info: KeyFileInfo;
  readonly identity: Identity;
  readonly secret: string;
}

/** The files of a deal: `path` itself for one holder, else holder-1.key, holder-2.key ... for holder.key. */
export function keyFilePaths(path: string, holders: number): readonly string[] {
  if (holders === 1) return [path];
  const { dir, name, ext } = parse(path);
  return Array.from({ length: holders }, (_, at) => join(dir, `${name}-${at + 1}${ext}`));
}

/**
 * Deals a fresh key into key files.
 *
 * Guarantees: all files are written or none; none is written over; each is for its owner alone (mode 600). Each has an identity of its own.
 * @returns the files' public parts in the holders' order
 * @throws CofactorError CONFIG_INVALID for a threshold or a number of passphrases that does not fit, STORE_FAILED when a file exists or cannot
 *   be written
 */
export async function dealKeyFiles(deal: KeyFileDeal): Promise<readonly KeyFileInfo[]> {
  const { path, threshold, holders, passphrases } = deal;
  if (holders === 1 && threshold !== 1) throw new CofactorError("CONFIG_INVALID", `one holder expected a threshold of 1, got ${threshold}`);
  if (passphrases.length !== 1 && passphrases.length !== holders) {
    throw new CofactorError("CONFIG_INVALID", `expected one passphrase, or one for each of ${holders} holders, got ${passphrases.length}`);
  }
  const drafts = holders === 1 ? [await draftKey(deal)] : await draftShares(deal);
  const texts: string[] = [];
  for (const [at, { info, identity, secret }] of drafts.entries()) {
    const plain = toUtf8(JSON.stringify({ seed: toBase64url(seedOf(identity)), key: secret }));
    texts.push(keyFileText(info, toBase64url(await sealSecret(plain, passphrases[at] ?? passphrases[0]!, secureRng))));
    plain.fill(0);
  }
  writeAll(keyFilePaths(path, holders), texts);
  return drafts.map(({ info }) => info);
}

async function draftKey({ bits, path }: KeyFileDeal): Promise<Draft> {
  refuseExisting([path]);
  const key = await generatePrivateKey(bits, drawPrime);
  const identity = createIdentity(secureRng);
  const info: KeyFileInfo = { kind: "paillier", bits, publicKey: publicKeyText(key.publicKey), keyholder: identity.id };
  return { info, identity, secret: privateKeyText(key) };
}

async function draftShares(deal: KeyFileDeal): Promise<Draft[]> {
  const { bits, path, threshold, holders, drawSafePrime: draw = drawSafePrime } = deal;
  // Before seconds of work, too.
  refuseExisting(keyFilePaths(path, Number.isInteger(holders) && holders > 0 && holders <= 16 ? holders : 1));
  const { key, shares } = await dealThresholdKey({ bits, threshold, holders, drawSafePrime: draw, power: opensslPower });
  const { publicKey, verification } = thresholdKeyText(key);
  const identities = shares.map(() => createIdentity(secureRng));
  const keyholders = identities.map(({ id }) => id);
  return shares.map((share, at) => {
    const identity = identities[at]!;
    const info = { index: share.index, threshold, holders, verification, keyholders };
    return {
      info: { kind: "paillier", bits, publicKey, keyholder: identity.id, share: info },
      identity,
      secret: keyShareText(share),
    };
  });
}

function refuseExisting(paths: readonly string[]): void {
  const existing = paths.find((path) => existsSync(path));
  if (existing !== undefined) throw unwritable(existing);
}

/** Writes all files, or takes back those that it wrote. */
function writeAll(paths: readonly string[], texts: readonly string[]): void {
  const written: string[] = [];
  for (const [at, path] of paths.entries()) {
    try {
      writeFileSync(path, texts[at]!, { flag: "wx", mode: 0o600, flush: true });
      written.push(path);
    } catch (cause) {
      for (const done of written) rmSync(done, { force: true });
      throw unwritable(path, cause);
    }
  }
}

function unwritable(path: string, cause?: unknown): CofactorError {
  return new CofactorError("STORE_FAILED", `the key file "${path}" could not be written: it must not exist yet`, { cause });
}
