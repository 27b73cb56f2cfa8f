/** Every store, by the scheme of its URL; loaded when it is named. A new one is a file and a line here. Imports errors, the seam. */
import { existsSync } from "node:fs";
import { CofactorError } from "../../shared/errors.ts";
import type { Store } from "../store.ts";

type Opener = (url: string, options: OpenOptions) => Promise<Store>;

/** How a store is opened. */
export interface OpenOptions {
  /** Refuses a file that is not there, which is made by default. */
  readonly mustExist?: boolean;
}

const openers: Readonly<Record<string, Opener>> = {
  memory: async () => (await import("./memory.ts")).memoryStore(),
  sqlite: openSqlite,
  postgres: async (url) => (await import("./postgres.ts")).postgresStore(url),
  postgresql: async (url) => (await import("./postgres.ts")).postgresStore(url),
};

/**
 * Opens the store that a URL names: `postgres://user:password@host/database`, `sqlite:FILE`, `memory:`, or without a scheme the path of an SQLite
 * file.
 * @throws CofactorError CONFIG_INVALID for an unknown scheme; STORE_FAILED. Neither shows a URL, which may hold a password
 */
export async function openStore(url: string, options: OpenOptions = {}): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase() ?? "sqlite";
  const open = Object.hasOwn(openers, scheme) ? openers[scheme] : undefined;
  if (open !== undefined) return open(url, options);
  throw new CofactorError("CONFIG_INVALID", `the store expected a file, or a URL of ${Object.keys(openers).join(", ")}; got ${scheme}:`);
}

async function openSqlite(url: string, { mustExist = false }: OpenOptions): Promise<Store> {
  const path = url.replace(/^sqlite:(\/\/)?/, "");
  if (mustExist && !existsSync(path)) throw new CofactorError("CONFIG_INVALID", `there is no store "${path}"`);
  return (await import("./sqlite.ts")).sqliteStore(path);
}
