/** Reading a data file whole, plain or gzipped, with its hash; and the one form of error for what is wrong in it. Node only. */
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { CofactorError } from "../../shared/errors.ts";
import type { ReadFile } from "./dataset.ts";

/** A file's unpacked content. */
export interface DataFile extends ReadFile {
  /** The path that was read, for messages. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const unpack = promisify(gunzip);

/** An error about a data file; `line` counts from 1. `expected` never repeats a person's data. */
export function dataError(path: string, line: number | undefined, expected: string, cause?: unknown): CofactorError {
  const where = line === undefined ? path : `${path}:${line}`;
  return new CofactorError("DATA_INVALID", `${where}: ${expected}`, {
    details: { file: path, ...(line === undefined ? {} : { line }) },
    cause,
  });
}

/** Whether `path` is a file or a folder, or neither. */
export async function kindOfPath(path: string): Promise<"file" | "folder" | "none"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch {
    return "none";
  }
}

/** `path` itself when it is a file, else `path` with ".gz" appended when that is one. */
export async function findDataFile(path: string): Promise<string | undefined> {
  for (const candidate of [path, `${path}.gz`]) if ((await kindOfPath(candidate)) === "file") return candidate;
  return undefined;
}

/**
 * Reads `path`, or `path` + ".gz". Gzip is told by its first two bytes, not by the name; a UTF-8 byte order mark is skipped
 * (and still counted into the hash).
 *
 * @throws CofactorError DATA_INVALID when there is no such file, it cannot be read, or it is not what its first bytes claim
 */
export async function readDataFile(path: string): Promise<DataFile> {
  const found = await findDataFile(path);
  if (found === undefined) {
    const isFolder = (await kindOfPath(path)) === "folder";
    throw dataError(
      path,
      undefined,
      isFolder ? "expected a file, found a folder" : "expected a file of this name, plain or with .gz; found none",
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = await readFile(found);
  } catch (error) {
    throw dataError(found, undefined, "the file could not be read", error);
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = await unpack(bytes, { maxOutputLength: 0x7fff_ffff });
    } catch (error) {
      throw dataError(found, undefined, "expected whole gzip data of at most 2 GiB of content", error);
    }
  }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw dataError(found, undefined, "expected UTF-8 text, found UTF-16");
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { path: found, name: basename(found).replace(/\.gz$/, ""), sha256, bytes: hasMark ? bytes.subarray(3) : bytes };
}

/** The hash that names several rating files together; see `Dataset.sha256`. */
export function combinedSha256(files: readonly ReadFile[]): string {
  if (files.length === 1) return files[0]!.sha256;
  const hash = createHash("sha256");
  for (const file of files) hash.update(`${file.sha256}  ${file.name}\n`);
  return hash.digest("hex");
}
