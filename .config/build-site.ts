/** Builds a page of client/: into dist/ when it is run with its name, into memory for tests. Imports vite. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The files of client/NAME's page by their paths. */
export async function buildSite(name: string): Promise<Map<string, Uint8Array>> {
  const { build } = await import("vite");
  const result = await build({
    root: join(root, "client", name),
    base: "./",
    configFile: false,
    logLevel: "error",
    // The page's content policy knows no inline script: nothing is preloaded by one, and no file becomes a part of another.
    build: { write: false, minify: true, target: "es2023", modulePreload: false, assetsInlineLimit: 0 },
  });
  const files = new Map<string, Uint8Array>();
  for (const output of Array.isArray(result) ? result : [result]) {
    for (const file of "output" in output ? output.output : []) {
      const content = file.type === "chunk" ? file.code : file.source;
      files.set(file.fileName, typeof content === "string" ? new TextEncoder().encode(content) : content);
    }
  }
  return files;
}

if (process.argv[1] === import.meta.filename) {
  for (const page of process.argv.slice(2)) {
    const folder = join(root, "dist", page);
    rmSync(folder, { recursive: true, force: true });
    for (const [name, content] of await buildSite(page)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  }
}
