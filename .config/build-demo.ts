/** Builds the demo's page from client/demo: into dist/demo when it is run, into memory for tests. Imports vite. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The page's files by their paths. */
export async function buildDemo(): Promise<Map<string, Uint8Array>> {
  const { build } = await import("vite");
  const result = await build({
    root: join(root, "client", "demo"),
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
  const folder = join(root, "dist", "demo");
  rmSync(folder, { recursive: true, force: true });
  for (const [name, content] of await buildDemo()) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
