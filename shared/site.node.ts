/** Built pages as their origin serves them: files from dist/, types, and a strict policy. Imports node:fs, package-root, errors. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { CofactorError } from "./errors.ts";
import { packageRoot } from "./package-root.node.ts";

/** A page's files by their paths, "index.html" among them. */
export type SiteFiles = ReadonlyMap<string, Uint8Array>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** The content type of a file by its name. */
export function contentTypeOf(name: string): string {
  return types[posix.extname(name)] ?? "application/octet-stream";
}

/** A page as the build left it in dist/. @throws CofactorError CONFIG_INVALID when it was not built */
export function readBuiltSite(name: string): SiteFiles {
  const folder = join(packageRoot(), "dist", name);
  if (!existsSync(join(folder, "index.html"))) {
    throw new CofactorError("CONFIG_INVALID", `the ${name} expected its page in dist/${name}: "npm run build" makes it`);
  }
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
    }),
  );
}
