/** A device's store in memory: a restart makes a new identity. Imports the seam. */
import type { ClientStore } from "../store.ts";

/** A store in memory. */
export function memoryStore(): ClientStore {
  const entries = new Map<string, Uint8Array>();
  return {
    get: async (key) => entries.get(key)?.slice(),
    set: async (key, bytes) => void entries.set(key, bytes.slice()),
    delete: async (key) => void entries.delete(key),
    close: async () => undefined,
  };
}
