/** What the commands for stores share: a store that must be there, the run that is meant, files that are not written over. Imports node:fs, stores. */
import { readFileSync, writeFileSync } from "node:fs";
import { CofactorError } from "../shared/errors.ts";
import type { Store } from "./store.ts";
import { openStore } from "./stores/index.ts";

/** Does work on a store that is there, and ends it. @throws CofactorError CONFIG_INVALID, STORE_FAILED */
export async function withStore<Result>(url: string | undefined, work: (store: Store) => Promise<Result>): Promise<Result> {
  if (url === undefined)
    throw new CofactorError("CONFIG_INVALID", '"--store" expected an SQLite file, or postgres://USER:PASSWORD@HOST/DATABASE');
  const store = await openStore(url, { mustExist: true });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** The run that is named, or the only one. @throws CofactorError CONFIG_INVALID */
export async function chooseRun(store: Store, named: string | undefined): Promise<string> {
  const runs = await store.runs();
  if (named !== undefined && runs.includes(named)) return named;
  if (named === undefined && runs.length === 1) return runs[0]!;
  const found = runs.length === 0 ? "the store has none" : `the store has ${runs.join(", ")}`;
  throw new CofactorError("CONFIG_INVALID", named === undefined ? `expected a run's name: ${found}` : `no run "${named}": ${found}`);
}

/** Writes a new file, readable by its owner alone. @throws CofactorError DATA_INVALID when it is there, or cannot be written */
export function writeNewFile(path: string, content: Uint8Array | string): void {
  try {
    writeFileSync(path, content, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `"${path}" cannot be written: a file that is there is not written over`, { cause });
  }
}

/** The bytes of a file. @throws CofactorError DATA_INVALID */
export function readWholeFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CofactorError("DATA_INVALID", `"${path}" cannot be read`, { cause });
  }
}
