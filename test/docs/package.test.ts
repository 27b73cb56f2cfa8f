/** The package as it is published: packed, installed into an empty folder, imported, called, and looked over by two linters. */
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readText, root } from "../support/source-tree.ts";
import { ensureBuilt, type Outcome, run } from "../support/workshop.ts";

const limitMs = 240_000;
const manifest = JSON.parse(readText("package.json")) as { version: string; exports: Record<string, string | { default: string }> };
const entries = Object.keys(manifest.exports).filter((name) => name !== "./package.json");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

describe("the packed package", () => {
  let folder = "";
  let tarball = "";
  let installed: Outcome;

  beforeAll(async () => {
    ensureBuilt();
    folder = realpathSync(mkdtempSync(join(tmpdir(), "cofactor-package-")));
    const packed = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], root, limitMs);
    expect(packed.code, packed.text).toBe(0);
    tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
    installed = await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", tarball], folder, limitMs);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("installs into an empty folder", () => {
    expect(installed.code, installed.text).toBe(0);
  });

  it("holds what is needed and nothing else", () => {
    const top = readdirSync(join(folder, "node_modules", "cofactor")).sort();
    for (const name of ["CHANGELOG.md", "LICENSE", "dist", "package.json", "simulations"]) expect(top).toContain(name);
    expect(top.filter((name) => !["CHANGELOG.md", "LICENSE", "README.md", "dist", "package.json", "simulations"].includes(name))).toEqual(
      [],
    );
  });

  it.each(entries)("gives its entry %s to an import", async (entry) => {
    const program = `const names = Object.keys(await import("cofactor/${entry.slice(2)}")); console.log(names.length > 0 ? "ready" : "empty");`;
    writeFileSync(join(folder, "import.js"), program);
    const outcome = await run(process.execPath, ["import.js"], folder, limitMs);
    expect(outcome).toEqual({ code: 0, text: "ready\n" });
  });

  it("answers `npx cofactor` with help and version", async () => {
    const help = await run("npx", ["--no-install", "cofactor", "--help"], folder, limitMs);
    expect(help.code, help.text).toBe(0);
    expect(help.text).toContain("simulate");
    const version = await run("npx", ["--no-install", "cofactor", "--version"], folder, limitMs);
    expect(version.text.trim().split("\n").at(-1)).toBe(manifest.version);
  });

  it("has what its subcommands read: the bundled data", async () => {
    const outcome = await run("npx", ["--no-install", "cofactor", "datasets"], folder, limitMs);
    expect(outcome.code, outcome.text).toBe(0);
    expect(outcome.text).toMatch(/ratings/);
  });

  it("gives every entry its types", async () => {
    const imports = entries.map((entry, at) => `import * as entry${at} from "cofactor/${entry.slice(2)}";`);
    // Were an entry without types, it would be any, and the directive would find nothing to expect.
    const uses = entries.map((_, at) => `// @ts-expect-error no such export\nexport type Missing${at} = typeof entry${at}.nothing;`);
    writeFileSync(join(folder, "consumer.ts"), [...imports, ...uses].join("\n"));
    const flags = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2023", "--module", "nodenext", "--types", ""];
    const outcome = await run(bin("tsc"), [...flags, "consumer.ts"], folder, limitMs);
    expect(outcome).toEqual({ code: 0, text: "" });
  });

  it("passes publint", async () => {
    const outcome = await run(bin("publint"), ["run", join(folder, "node_modules", "cofactor"), "--strict"], folder, limitMs);
    expect(outcome.code, outcome.text).toBe(0);
  });

  it("passes are-the-types-wrong", async () => {
    const outcome = await run(bin("attw"), [tarball, "--profile", "esm-only"], folder, limitMs);
    expect(outcome.code, outcome.text).toBe(0);
  });
});
