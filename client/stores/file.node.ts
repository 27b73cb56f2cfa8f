/**
 * A device's store in one file, encrypted at rest under the caller's key. Each change writes a new file, forces it to the disk and
 * renames it into place. Node only. Imports node:fs, crypto/envelope.
 *
 * Form: version byte, length of the wrapped key (32 bits, little-endian), a random content key sealed under the caller's key, the
 * entries sealed under the content key. A passphrase is so stretched once for each opening, not at each change.
 */
import { open, readFile, rename } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { concatenate, fromBase64url, toBase64url, toUtf8 } from "../../shared/crypto/encoding.ts";
import { openSecret, type SealingKey, sealSecret } from "../../shared/crypto/envelope.ts";
import { CofactorError } from "../../shared/errors.ts";
import { type SecureRng, secureRng } from "../../shared/random.ts";
import type { ClientStore } from "../store.ts";
import { lockFile } from "./file-lock.node.ts";

const version = 1;
const headBytes = 5;

/** Where the file is and what seals it. */
export interface FileStoreOptions {
  readonly path: string;
  /** 32 bytes, or a passphrase of at least 8 characters. */
  readonly key: SealingKey;
  readonly secure?: SecureRng;
}

interface Opened {
  readonly entries: Map<string, Uint8Array>;
  readonly contentKey: Uint8Array;
  /** Everything before the sealed entries. */
  readonly head: Uint8Array;
}

/**
 * A store in a file, made at the first change. One process at a time may use it: a lock beside it, `<path>.lock`, sees to that.
 * @throws CofactorError DECRYPT_FAILED when the key does not open the file, STORE_FAILED when it cannot be read or another process has it;
 *   RangeError for a short key
 */
export async function fileStore(options: FileStoreOptions): Promise<ClientStore> {
  const secure = options.secure ?? secureRng;
  // Where the folder is not there yet, nobody has the file: it is locked with the first change.
  let unlock = await lockFile(resolve(options.path));
  let opened: Opened;
  try {
    opened = (await load(options)) ?? (await create(options.key, secure));
  } catch (error) {
    await unlock?.();
    throw error;
  }
  const { entries, contentKey, head } = opened;
  let last: Promise<void> = Promise.resolve();
  const save = (): Promise<void> => {
    const text = JSON.stringify(Object.fromEntries([...entries].map(([key, bytes]) => [key, toBase64url(bytes)])));
    // One after the other: a later state never loses to an earlier one. A failure is the failing call's alone.
    const saving = last
      .catch(() => undefined)
      .then(async () => {
        unlock ??= await lockFile(resolve(options.path));
        await replaceFile(options.path, concatenate(head, await sealSecret(toUtf8(text), contentKey, secure)));
      });
    last = saving;
    return saving;
  };
  return {
    get: async (key) => entries.get(key)?.slice(),
    set: (key, bytes) => {
      entries.set(key, bytes.slice());
      return save();
    },
    delete: async (key) => {
      if (entries.delete(key)) await save();
    },
    async close() {
      await last.catch(() => undefined);
      await unlock?.();
    },
  };
}

async function create(key: SealingKey, secure: SecureRng): Promise<Opened> {
  const contentKey = secure.bytes(32);
  const wrapped = await sealSecret(contentKey, key, secure);
  const head = new Uint8Array(headBytes);
  head[0] = version;
  new DataView(head.buffer).setUint32(1, wrapped.length, true);
  return { entries: new Map(), contentKey, head: concatenate(head, wrapped) };
}

async function load(options: FileStoreOptions): Promise<Opened | undefined> {
  let file: Uint8Array;
  try {
    file = new Uint8Array(await readFile(options.path));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CofactorError("STORE_FAILED", "the device's store could not be read", { cause });
  }
  const split = file.length < headBytes ? 0 : headBytes + new DataView(file.buffer).getUint32(1, true);
  if (file[0] !== version || split <= headBytes || split > file.length) {
    throw new CofactorError("STORE_FAILED", "the file expected a device's store of version 1: it is another file, or damaged");
  }
  const contentKey = await openSecret(file.slice(headBytes, split), options.key);
  const text = new TextDecoder().decode(await openSecret(file.slice(split), contentKey));
  const entries = Object.entries(JSON.parse(text) as Record<string, string>);
  return { entries: new Map(entries.map(([key, value]) => [key, fromBase64url(value)])), contentKey, head: file.slice(0, split) };
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
