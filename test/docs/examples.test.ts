/** Every `@example` of a doc comment compiles, runs against the built package, and gives what it says. */
import { posix } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examplesOf } from "../support/markdown.ts";
import { blank } from "../support/source-scan.ts";
import { root, sourceFiles } from "../support/source-tree.ts";
import { createWorkshop, ensureBuilt, run, type Workshop } from "../support/workshop.ts";

const limitMs = 120_000;
const shipped = sourceFiles().filter(({ path }) => /^(shared|client|server|simulations)\//.test(path));
const examples = shipped.flatMap(({ path, text }) => examplesOf(text).map((example) => ({ path, ...example })));

/** The values that a source exports, by their names. */
function exportedNames(text: string): readonly string[] {
  return [...text.matchAll(/^export (?:async )?(?:const|let|function\*?|class)\s+([\w$]+)/gm)].map((match) => match[1]!);
}

/** Where each exported name comes from: the example's own file first, then its room. */
function importsFor(path: string, expression: string): string {
  const words = new Set(blank(expression, "string").match(/(?<![.\w$])[A-Za-z_$][\w$]*(?!\w*:)/g) ?? []);
  const taken = new Set<string>();
  const room = path.split("/")[0]!;
  const nearness = (other: string): number => (other === path ? 2 : other.startsWith(`${room}/`) ? 1 : 0);
  const files = [...shipped].sort((a, b) => nearness(b.path) - nearness(a.path));
  return files
    .map((file) => {
      const names = exportedNames(file.text).filter((name) => words.has(name) && !taken.has(name));
      for (const name of names) taken.add(name);
      return names.length === 0
        ? ""
        : `import { ${names.join(", ")} } from "${posix.join("../../dist", file.path.replace(/\.ts$/, ".js"))}";\n`;
    })
    .join("");
}

/**
 * A program that prints the example's value as JSON, typed arrays as arrays, or the error's code. An example of statements
 * has no value: it is enough that it runs.
 */
function programFor(path: string, expression: string): string {
  const isStatement = /^(const|let|for|await using)\b|;\s/.test(expression);
  const body = isStatement ? `${expression};` : `return ${expression};`;
  return [
    importsFor(path, expression),
    "const flat = (_: string, value: unknown): unknown =>",
    '  ArrayBuffer.isView(value) && !(value instanceof DataView) ? Array.from(value as Float64Array) : typeof value === "bigint" ? `${value}n` : value;',
    `const example = async (): Promise<unknown> => { ${body} ${isStatement ? "return undefined;" : ""} };`,
    "try {",
    "  const value = await example();",
    '  console.log(JSON.stringify({ value: value === undefined ? "undefined" : value }, flat));',
    "} catch (error) {",
    "  const { code, name } = error as { code?: string; name: string };",
    "  console.log(JSON.stringify({ thrown: code ?? name }));",
    "}",
    "process.exit();",
    "export {};",
  ].join("\n");
}

describe("@example", () => {
  let workshop: Workshop;
  let compiled: { code: number | null; text: string };

  beforeAll(async () => {
    ensureBuilt();
    workshop = createWorkshop("examples");
    const files = examples.map(({ path, expression }, at) => workshop.write(`example-${at}.ts`, programFor(path, expression)));
    const compilerOptions = { isolatedDeclarations: false, declaration: false, noUnusedLocals: false };
    workshop.write("tsconfig.json", JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, files }));
    compiled = await run(`${root}/node_modules/.bin/tsc`, ["-p", workshop.path], workshop.path, limitMs);
  });
  afterAll(() => workshop.dispose());

  it("is there to be run", () => expect(examples.length).toBeGreaterThan(0));

  for (const [at, { path, line, expression, comment }] of examples.entries()) {
    it(`${path}:${line}: ${expression}`, async () => {
      expect(compiled.text.split("\n").filter((text) => text.includes(`example-${at}.ts`))).toEqual([]);
      const outcome = await run(process.execPath, [`example-${at}.ts`], workshop.path, limitMs);
      expect(outcome.code, outcome.text).toBe(0);
      const result = JSON.parse(outcome.text.trim().split("\n").at(-1)!) as { value?: unknown; thrown?: string };
      const thrown = /^throws (\w+)/.exec(comment)?.[1];
      expect(result.thrown).toBe(thrown);
      const said = jsonOf(comment);
      if (said !== undefined) expectSame(result.value, said.value);
    });
  }
});

function jsonOf(comment: string): { readonly value: unknown } | undefined {
  try {
    return { value: comment === "undefined" ? "undefined" : JSON.parse(comment.replace(/^\w+Array\s*(?=\[)/, "")) };
  } catch {
    return undefined;
  }
}

/** Equal, numbers to twelve digits. */
function expectSame(got: unknown, said: unknown): void {
  if (typeof said === "number") expect(got).toSatisfy((value: number) => Math.abs(value - said) <= 1e-12 * Math.max(1, Math.abs(said)));
  else if (Array.isArray(said)) {
    expect(got).toHaveLength(said.length);
    for (const [at, value] of said.entries()) expectSame((got as unknown[])[at], value);
  } else expect(got).toEqual(said);
}
