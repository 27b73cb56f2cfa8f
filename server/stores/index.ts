/** Every store, by the scheme of its URL; loaded when it is named. A new one is a file and a line here. Imports errors, the seam. */
import { CofactorError } from "../../shared/errors.ts";
import type { Store } from "../store.ts";

const openers: Readonly<Record<string, (url: string) => Promise<Store>>> = {
  memory: async () => (await import("./memory.ts")).memoryStore(),
  sqlite: async (url) => (await import("./sqlite.ts")).sqliteStore(url.replace(/^sqlite:(\/\/)?/, "")),
  postgres: async (url) => (await import("./postgres.ts")).postgresStore(url),
  postgresql: async (url) => (await import("./postgres.ts")).postgresStore(url),
};

/**
 * Opens the store that a URL names: `postgres://user:password@host/database`, `sqlite:FILE`, `memory:`, or without a scheme the path of an SQLite
 * file.
 * @throws CofactorError CONFIG_INVALID for an unknown scheme; STORE_FAILED. Neither shows the URL, which may hold a password
 */
export async function openStore(url: string): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase() ?? "sqlite";
  const open = Object.hasOwn(openers, scheme) ? openers[scheme] : undefined;
  if (open !== undefined) return open(url);
  throw new CofactorError("CONFIG_INVALID", `the store expected a file, or a URL of ${Object.keys(openers).join(", ")}; got ${scheme}:`);
}
