/** Where the installed package lies, so that bundled files are found from the sources and from dist/ alike. Node only. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

let known: string | undefined;

/**
 * The folder of the package.json named "cofactor" nearest above this file.
 *
 * @throws Error when there is none: the package's files were moved apart
 */
export function packageRoot(): string {
  known ??= findRoot(dirname(fileURLToPath(import.meta.url)));
  return known;
}

/** The package's version. */
export function packageVersion(): string {
  return (JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string }).version;
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest) && (JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown }).name === "cofactor") return folder;
    if (folder === dirname(folder)) throw new Error(`no package.json named "cofactor" above ${start}`);
  }
}
