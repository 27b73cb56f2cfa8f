/** What the client costs a page: the browser bundle, built as an app would build it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it, vi } from "vitest";
import { root } from "../support/source-tree.ts";

const maxGzipBytes = 60_000;
const entry = join(root, "client", "index.ts");

/** Bundles the entry for browsers: the code that is loaded at the start, and the modules in it. */
async function bundleClient(): Promise<{ code: string; modules: readonly string[] }> {
  // Under the tests' own environment vite takes dependencies' debugging builds, which no app's page gets.
  vi.stubEnv("NODE_ENV", "production");
  const { build } = await import("vite");
  const result = await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: { write: false, minify: true, target: "es2023", rolldownOptions: { input: entry, preserveEntrySignatures: "strict" } },
  });
  vi.unstubAllEnvs();
  const outputs = (Array.isArray(result) ? result : [result]).flatMap((one) => ("output" in one ? one.output : []));
  const chunks = new Map(outputs.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])));
  const loaded = new Set([...chunks.values()].filter((chunk) => chunk.isEntry));
  for (const chunk of loaded) for (const name of chunk.imports) if (chunks.has(name)) loaded.add(chunks.get(name)!);
  const all = [...loaded];
  return { code: all.map((chunk) => chunk.code).join("\n"), modules: all.flatMap((chunk) => Object.keys(chunk.modules)) };
}

it(`the client's bundle is at most ${maxGzipBytes} bytes gzipped and holds no module of Node`, async ({ annotate, skip }) => {
  if (!existsSync(entry)) skip("client/index.ts does not exist yet");
  const { code, modules } = await bundleClient();
  expect(modules.some((id) => id.endsWith("/client/client.ts"))).toBe(true);
  expect(modules.filter((id) => id.includes("esm-debug"))).toEqual([]);
  // What is not there in a browser is replaced by an empty module. tweetnacl asks for "crypto" only where there is no Web Crypto.
  const replaced = modules.filter((id) => id.includes("__vite-browser-external")).map((id) => id.split(":").at(-1));
  expect(replaced.filter((name) => name !== "crypto" && name !== "__vite-browser-external")).toEqual([]);
  expect(modules.filter((id) => id.endsWith(".node.ts"))).toEqual([]);
  expect(code).not.toMatch(/from\s*["']node:/);
  const bytes = gzipSync(code, { level: 9 }).length;
  await annotate(`${bytes} bytes of ${maxGzipBytes}`);
  expect(bytes).toBeLessThanOrEqual(maxGzipBytes);
});
