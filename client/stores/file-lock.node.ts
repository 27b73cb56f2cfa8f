/** A lock file that lives as long as its process: whoever finds that of a process that is gone takes it over. Node only. Imports node:fs, errors. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, readFile, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CofactorError } from "../../shared/errors.ts";

/** How long two that take over the same lock have to see each other. */
const settleMs = 50;

/**
 * Locks a file by `<path>.lock`.
 * @returns what ends the lock; undefined, and no lock, where the folder is not there
 * @throws CofactorError STORE_FAILED when a process that is alive has it
 */
export async function lockFile(path: string): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(dirname(path))) return undefined;
  const lock = `${path}.lock`;
  const token = `${process.pid} ${randomUUID()}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await create(lock, token)) return () => release(lock, token);
    const found = await readFile(lock, "utf8").catch(() => "");
    const owner = Number(found.split(" ")[0]);
    if (found !== "" && isAlive(owner)) throw taken(lock, owner);
    await unlink(lock).catch(() => undefined);
    if (!(await create(lock, token))) continue;
    // Another one may have found the same dead owner, and taken this lock for that one's.
    await wait(settleMs);
    if ((await readFile(lock, "utf8").catch(() => "")) === token) return () => release(lock, token);
  }
  throw taken(lock, undefined);
}

/** Makes the lock with its token in it, in one step; false when there is one. */
async function create(lock: string, token: string): Promise<boolean> {
  const draft = `${lock}.${token.split(" ")[1]}`;
  try {
    await writeFile(draft, token, { flag: "wx", mode: 0o600 });
    await link(draft, lock);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new CofactorError("STORE_FAILED", "the device's store could not be locked: is its folder there, and writable?", { cause });
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

async function release(lock: string, token: string): Promise<void> {
  if ((await readFile(lock, "utf8").catch(() => "")) === token) await unlink(lock).catch(() => undefined);
}

/** True for a process that is there, also one of another user. */
function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function taken(lock: string, owner: number | undefined): CofactorError {
  const who = owner === undefined ? "another process" : owner === process.pid ? "this process already" : `process ${owner}`;
  return new CofactorError(
    "STORE_FAILED",
    `the device's store is in use by ${who}: two at once could spend the same budget twice. Close it there; if no such process is a device, remove ${lock.split("/").at(-1)}`,
  );
}
