/** Small files for tests of loaders, in a folder that is removed after the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { onTestFinished } from "vitest";

/** Writes files by name (those ending in .gz are packed) and returns their folder. */
export function writeFiles(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), "cofactor-data-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, name.endsWith(".gz") && typeof content === "string" ? gzipSync(content) : content);
  }
  return folder;
}

/** Writes one file and returns its path. */
export function writeOne(content: string | Uint8Array, name = "ratings.csv"): string {
  return join(writeFiles({ [name]: content }), name);
}
