/**
 * What a keyholder must never forget: the terms and the server it was enrolled with, and which list of contributors it opened for
 * which round, or for which of its groups. Imports node:fs, node:sqlite and errors.
 *
 * Guarantees: what a call recorded is on the disk, also after a power cut, before the call returns. One process at a time has a file:
 * two would open two lists of one round. Whoever takes the file away takes the memory away: it is kept with the key.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";

/** The terms and the server that a keyholder serves, fixed at its first join. */
export interface Enrolment {
  /** Digest of the run's terms. */
  readonly terms: string;
  /** The server's public key. */
  readonly serverKey: string;
}

/** A keyholder's durable memory. */
export interface KeyholderRecord {
  enrolment(run: string): Enrolment | undefined;
  /** Keeps the first enrolment of a run; later ones change nothing. */
  enrol(run: string, enrolment: Enrolment): void;
  /** Digest of the list that was opened for a round, or for one of its groups, when there was one. */
  opened(run: string, round: number, group?: number): string | undefined;
  /**
   * Keeps the first list of a round, or of one of its groups; later ones change nothing.
   * @param members the names on the list, where there are further groups: no other group of the round may have one of them
   */
  record(run: string, round: number, list: string, group?: number, members?: readonly string[]): void;
  /**
   * Why a list of a round with groups must not be opened, whatever its own group's standing: "over" when a later round has begun, "shared" when one
   * of its members is on the list of another group; undefined when it may.
   */
  conflict(run: string, round: number, group: number, members: readonly string[]): "over" | "shared" | undefined;
  /** Lets another process have the record. */
  close(): void;
}

type Line =
  | readonly [run: string, round: number, list: string]
  | readonly [run: string, round: number, list: string, group: number, members: readonly string[]]
  | ({ readonly run: string } & Enrolment);

/** Who is on the lists of the newest round with groups. */
interface GroupedRound {
  readonly round: number;
  readonly groupOf: Map<string, number>;
}

/** A device's key, short: keys with one beginning would be taken for one another, and a list refused that might have been opened. */
function shortName(member: string): string {
  return member.slice(0, 11);
}

/** A record in memory, for tests and for runs that end with their processes. */
export function memoryRecord(): KeyholderRecord {
  return createRecord(
    [],
    () => undefined,
    () => undefined,
  );
}

/**
 * A record in a file of JSON lines that only grows. Beside it, `<path>.lock` is held while the record is open: the operating system
 * lets go of it when the process ends, however it ends.
 *
 * @throws CofactorError STORE_FAILED when another process has it, when it cannot be written, or when it is damaged: without it a round
 * could be opened twice
 */
export function fileRecord(path: string): KeyholderRecord {
  const lock = acquireLock(`${path}.lock`);
  try {
    const file = openSync(path, "a+", 0o600);
    try {
      const lines = restoreLines(file);
      syncFolder(path);
      return createRecord(
        lines,
        (line) => append(file, `${JSON.stringify(line)}\n`),
        () => {
          closeSync(file);
          releaseLock(lock);
        },
      );
    } catch (error) {
      closeSync(file);
      throw error;
    }
  } catch (cause) {
    releaseLock(lock);
    if (cause instanceof CofactorError) throw cause;
    throw new CofactorError("STORE_FAILED", "the keyholder's record cannot be opened or written", { cause });
  }
}

function createRecord(lines: readonly Line[], write: (line: Line) => void, close: () => void): KeyholderRecord {
  const rounds = new Map<string, string>();
  const enrolments = new Map<string, Enrolment>();
  const grouped = new Map<string, GroupedRound>();
  // A write that failed may be on the disk or not: what is known then is not what the next process would find.
  let hasFailed = false;
  const take = (line: Line): void => {
    if (!("terms" in line)) {
      const [run, round, list, group = 0, members = []] = line;
      const key = `${run} ${round} ${group}`;
      if (rounds.has(key)) return;
      rounds.set(key, list);
      const known = grouped.get(run);
      if (members.length === 0 || (known !== undefined && known.round > round)) return;
      const newest = known?.round === round ? known : { round, groupOf: new Map<string, number>() };
      for (const member of members) newest.groupOf.set(member, group);
      grouped.set(run, newest);
    } else if (!enrolments.has(line.run)) enrolments.set(line.run, { terms: line.terms, serverKey: line.serverKey });
  };
  const keep = (line: Line): void => {
    if (hasFailed) throw new CofactorError("STORE_FAILED", "the keyholder's record failed before: start the keyholder again");
    try {
      write(line);
    } catch (cause) {
      hasFailed = true;
      throw new CofactorError("STORE_FAILED", "the keyholder's record could not be written: is the disk full?", { cause });
    }
    take(line);
  };
  for (const line of lines) take(line);
  return {
    enrolment: (run) => enrolments.get(run),
    enrol(run, { terms, serverKey }) {
      if (!enrolments.has(run)) keep({ run, terms, serverKey });
    },
    opened: (run, round, group = 0) => rounds.get(`${run} ${round} ${group}`),
    record(run, round, list, group = 0, members = []) {
      if (rounds.has(`${run} ${round} ${group}`)) return;
      keep(members.length === 0 ? [run, round, list] : [run, round, list, group, members.map(shortName)]);
    },
    conflict(run, round, group, members) {
      const newest = grouped.get(run);
      if (newest === undefined || newest.round < round) return undefined;
      if (newest.round > round) return "over";
      const isElsewhere = (member: string): boolean => (newest.groupOf.get(shortName(member)) ?? group) !== group;
      return members.some(isElsewhere) ? "shared" : undefined;
    },
    close,
  };
}

/** Locks that are held: a data base that nobody refers to any more would be closed with its lock. */
const heldLocks = new Set<DatabaseSync>();

/**
 * A lock that dies with its process. SQLite's own lock on an empty data base, not a file with a process id in it: ids are used again,
 * and every container has a process 1.
 */
function acquireLock(path: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;");
    heldLocks.add(database);
    return database;
  } catch (cause) {
    database?.close();
    throw new CofactorError("STORE_FAILED", "the keyholder's record is in use by another process, or its folder cannot be written", {
      cause,
    });
  }
}

function releaseLock(lock: DatabaseSync): void {
  if (heldLocks.delete(lock)) lock.close();
}

const lineSchema = v.union([
  v.strictTuple([v.string(), v.pipe(v.number(), v.safeInteger()), v.string()]),
  v.strictTuple([
    v.string(),
    v.pipe(v.number(), v.safeInteger()),
    v.string(),
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    v.array(v.string()),
  ]),
  v.strictObject({ run: v.string(), terms: v.string(), serverKey: v.string() }),
]);

/**
 * The lines of a record. What stands behind the last line's end was being written when the power went: its call had not returned, so
 * nothing that relies on it ever left, and it is safe to cut it off. If it is whole but for its end, it is kept: that refuses more.
 */
function restoreLines(file: number): Line[] {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1).map(parseLine);
  if (lines.includes(undefined)) {
    throw new CofactorError("STORE_FAILED", "the keyholder's record is damaged: without it a round could be opened twice");
  }
  const kept = lines as Line[];
  if (end < bytes.length) {
    const torn = parseLine(bytes.subarray(end).toString("utf8"));
    ftruncateSync(file, end);
    fsyncSync(file);
    if (torn !== undefined) {
      append(file, `${JSON.stringify(torn)}\n`);
      kept.push(torn);
    }
  }
  return kept;
}

function parseLine(text: string): Line | undefined {
  try {
    const parsed = v.safeParse(lineSchema, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

function append(file: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  fsyncSync(file);
}

/** Makes a new file's name durable. */
function syncFolder(path: string): void {
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
