/**
 * A device's store in one file, encrypted at rest under the caller's key. Each change writes a new file, forces it to the disk and
 * renames it into place. Node only. Imports node:fs, crypto/envelope.
 */
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { fromBase64url, toBase64url, toUtf8 } from "../../shared/crypto/encoding.ts";
import { openSecret, type SealingKey, sealSecret } from "../../shared/crypto/envelope.ts";
import { CofactorError } from "../../shared/errors.ts";
import { type SecureRng, secureRng } from "../../shared/random.ts";
import type { ClientStore } from "../store.ts";

/** Where the file is and what seals it. */
export interface FileStoreOptions {
  readonly path: string;
  /** 32 bytes, or a passphrase of at least 8 characters (slower: the key is derived anew at each change). */
  readonly key: SealingKey;
  readonly secure?: SecureRng;
}

/**
 * A store in a file, made at the first change.
 * @throws CofactorError DECRYPT_FAILED when the key does not open the file, STORE_FAILED when it cannot be read
 */
export async function fileStore(options: FileStoreOptions): Promise<ClientStore> {
  const secure = options.secure ?? secureRng;
  const entries = await load(options);
  let last: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    const text = JSON.stringify(Object.fromEntries([...entries].map(([key, bytes]) => [key, toBase64url(bytes)])));
    // One after the other: a later state never loses to an earlier one. A failure is the failing call's alone.
    const saving = last.catch(() => undefined).then(async () => replaceFile(options.path, await sealSecret(toUtf8(text), options.key, secure)));
    last = saving;
    return saving;
  };
  return {
    get: async (key) => entries.get(key)?.slice(),
    set: (key, bytes) => {
      entries.set(key, bytes.slice());
      return save();
    },
    delete: (key) => {
      entries.delete(key);
      return save();
    },
    close: () => last,
  };
}

async function load(options: FileStoreOptions): Promise<Map<string, Uint8Array>> {
  let sealed: Uint8Array;
  try {
    sealed = await readFile(options.path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return new Map();
    throw new CofactorError("STORE_FAILED", "the device's store could not be read", { cause });
  }
  const text = new TextDecoder().decode(await openSecret(new Uint8Array(sealed), options.key));
  const entries = Object.entries(JSON.parse(text) as Record<string, string>);
  return new Map(entries.map(([key, value]) => [key, fromBase64url(value)]));
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    const file = await open(`${path}.tmp`, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
    const folder = await open(dirname(path), "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    throw new CofactorError("STORE_FAILED", "the device's store could not be written", { cause });
  }
}
