/** A device's store in the browser's IndexedDB; the page's origin guards it. Imports errors. */
import { CofactorError } from "../../shared/errors.ts";
import type { ClientStore } from "../store.ts";

const objectStore = "entries";

/**
 * A store in the database `name` of the page's origin.
 * @throws CofactorError STORE_FAILED where the browser has none (private windows of some browsers)
 */
export async function indexedDbStore(name = "cofactor"): Promise<ClientStore> {
  const factory = globalThis.indexedDB;
  if (factory === undefined) throw new CofactorError("STORE_FAILED", "this platform has no IndexedDB: use another store");
  const opening = factory.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(objectStore);
  const database = await settled(opening);
  const inStore = async <T>(mode: IDBTransactionMode, work: (entries: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    const transaction = begin(database, mode);
    // Listening before the first wait: a transaction may complete in the same turn in which its request does.
    const done = completed(transaction);
    done.catch(() => undefined);
    const result = await settled(work(transaction.objectStore(objectStore)));
    if (mode === "readwrite") await done;
    return result;
  };
  return {
    async get(key) {
      const found = await inStore<unknown>("readonly", (entries) => entries.get(key));
      return found instanceof Uint8Array ? found : undefined;
    },
    async set(key, bytes) {
      await inStore("readwrite", (entries) => entries.put(bytes.slice(), key));
    },
    async delete(key) {
      await inStore("readwrite", (entries) => entries.delete(key));
    },
    close: async () => database.close(),
  };
}

function begin(database: IDBDatabase, mode: IDBTransactionMode): IDBTransaction {
  try {
    return database.transaction(objectStore, mode, { durability: "strict" });
  } catch (cause) {
    throw failed(cause);
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(failed(request.error));
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(failed(transaction.error));
    transaction.onerror = () => reject(failed(transaction.error));
  });
}

function failed(cause: unknown): CofactorError {
  return new CofactorError("STORE_FAILED", "the browser's database refused, or is closed", { cause });
}
