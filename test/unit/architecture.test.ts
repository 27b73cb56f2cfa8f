/** The tree itself: who imports whom, how long files are, what is documented, and what stands at the top level. */
import { posix } from "node:path";
import { describe, expect, it } from "vitest";
import { findCycles, forbiddenImport, forbiddenPackage, layerOf } from "../support/layers.ts";
import { hasHeader, headerOf, importsOf, linesWithAny, undocumentedExports } from "../support/source-scan.ts";
import { listFiles, readText, sourceFiles, topLevel } from "../support/source-tree.ts";
import { forbiddenText, lineCount, percentile } from "../support/text-rules.ts";

const files = sourceFiles();
const shipped = files.filter(({ path }) => /^(shared|client|server|simulations)\/|^cofactor\.ts$/.test(path));
const manifest = JSON.parse(readText("package.json")) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
/** Optional peers too: what imports one does so lazily, and says what to install. */
const dependencies = { ...manifest.dependencies, ...manifest.peerDependencies };
const known = new Set(listFiles());

const edges = files.flatMap(({ path, text }) =>
  importsOf(text).map(({ specifier, line }) => {
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
    return { path, line, specifier, target };
  }),
);

describe("the architecture", () => {
  it("has sources to look at", () => {
    expect(shipped.length).toBeGreaterThan(10);
    expect(edges.length).toBeGreaterThan(shipped.length);
  });

  it("lets imports point one way only", () => {
    const broken = edges.flatMap(({ path, line, specifier, target }) => {
      const reason = target === undefined ? forbiddenPackage(path, specifier, Object.keys(dependencies)) : forbiddenImport(path, target);
      return reason === undefined ? [] : [`${path}:${line} imports ${specifier}: ${reason}`];
    });
    expect(broken).toEqual([]);
  });

  it("gives every file of shared a layer", () => {
    expect(shipped.filter(({ path }) => path.startsWith("shared/") && layerOf(path) === undefined).map(({ path }) => path)).toEqual([]);
  });

  it("resolves every relative import to a file of the tree", () => {
    const unknown = edges.filter(({ target }) => target?.endsWith(".ts") && !known.has(target));
    expect(unknown.map(({ path, line, specifier }) => `${path}:${line} ${specifier}`)).toEqual([]);
  });

  it("has no import cycle, types counted", () => {
    const graph = new Map(files.map(({ path }) => [path, [] as string[]]));
    for (const { path, target } of edges) if (target !== undefined) graph.get(path)!.push(target);
    expect(findCycles(graph).map((cycle) => cycle.join(" -> "))).toEqual([]);
  });

  it("keeps files short: median 100 lines, nine in ten within 250, none above 400 without a reason", () => {
    const lengths = shipped.map(({ text }) => lineCount(text));
    expect(percentile(lengths, 0.5)).toBeLessThanOrEqual(100);
    expect(percentile(lengths, 0.9)).toBeLessThanOrEqual(250);
    const long = files.filter(({ text }) => lineCount(text) > 400 && !headerOf(text).includes("Length:"));
    expect(long.map(({ path, text }) => `${path}: ${lineCount(text)} lines, and no "Length:" in its header`)).toEqual([]);
  });

  it("documents every export and begins every file but tests with a header comment", () => {
    const untold = files.filter(({ path, text }) => !path.endsWith(".test.ts") && !hasHeader(text));
    expect(untold.map(({ path }) => `${path}: no header comment`)).toEqual([]);
    const missing = shipped.flatMap(({ path, text }) => undocumentedExports(text).map((name) => `${path}: ${name} has no doc comment`));
    expect(missing).toEqual([]);
  });

  it("never says any", () => {
    expect(files.flatMap(({ path, text }) => linesWithAny(text).map((line) => `${path}:${line}`))).toEqual([]);
  });

  it("has nothing at the top level that the design does not name", () => {
    const allowed = ["server", "client", "shared", "simulations", "test", "cofactor.ts", "README.md", "LICENSE", "CHANGELOG.md"];
    allowed.push("package.json", "package-lock.json", "tsconfig.json");
    expect(topLevel().filter((name) => !name.startsWith(".") && !allowed.includes(name))).toEqual([]);
  });

  it("names no path of a machine and leaves no unfinished word", () => {
    const data = /^package-lock\.json$|^simulations\/datasets\/bundled\/|^test\/vectors\/.*\.json$|\.(wasm|gz|png)(\.ts)?$/;
    const found = listFiles().filter((path) => !data.test(path));
    expect(found.flatMap((path) => forbiddenText(readText(path)).map((what) => `${path}:${what}`))).toEqual([]);
  });
});
