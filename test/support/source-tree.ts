/** The project's own files as the tests of the architecture see them: what is checked in, not what is built. Imports node:. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's root folder. */
export const root: string = join(import.meta.dirname, "..", "..");

const builtOrForeign = new Set(["node_modules", "dist", "coverage", ".git", ".cofactor"]);

/** One file: its path from the root with forward slashes, and its text. */
export interface TreeFile {
  readonly path: string;
  readonly text: string;
}

/** The names at the top level. */
export function topLevel(): readonly string[] {
  return readdirSync(root).filter((name) => !builtOrForeign.has(name) && !name.endsWith(".log"));
}

/** Every file of the tree by its path from the root, sorted; logs and what is built are left out. */
export function listFiles(folder = ""): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => !builtOrForeign.has(entry.name) && !entry.name.endsWith(".log"))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(`${folder}${entry.name}/`) : [`${folder}${entry.name}`]))
    .sort();
}

/** The TypeScript files that people write: generated ones are left out. */
export function sourceFiles(): readonly TreeFile[] {
  return listFiles()
    .filter((path) => path.endsWith(".ts") && !/\.(wasm|as|d)\.ts$/.test(path))
    .map((path) => ({ path, text: readText(path) }));
}

/** The text of a file by its path from the root. */
export function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
