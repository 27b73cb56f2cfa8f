/** The committed WebAssembly is what its source compiles to. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("node .config/build-wasm.ts --check passes: the committed kernel is its source's", () => {
  const root = new URL("../../../", import.meta.url);
  const output = execFileSync(process.execPath, [".config/build-wasm.ts", "--check"], { cwd: root, encoding: "utf8" });
  expect(output).toContain("is up to date");
}, 60_000);
