/** Every block of the README is run, parsed, or excused with a reason. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Block, blocksOf, excuseOf } from "../support/markdown.ts";
import { commandsOf, planOf } from "../support/shell-lines.ts";
import { readText, root } from "../support/source-tree.ts";
import { createWorkshop, ensureBuilt, run, type Workshop } from "../support/workshop.ts";

const limitMs = 120_000;
const hasReadme = existsSync(join(root, "README.md"));
const blocks = hasReadme ? blocksOf(readText("README.md")) : [];
const scripts = (JSON.parse(readText("package.json")) as { scripts: Record<string, string> }).scripts;

describe("README.md", () => {
  let workshop: Workshop;

  beforeAll(() => {
    ensureBuilt();
    workshop = createWorkshop("readme");
  });
  afterAll(() => workshop.dispose());

  it("has blocks to run", ({ skip }) => {
    if (!hasReadme) skip("README.md does not exist yet");
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.some((block) => block.language === "ts" && excuseOf(block) === undefined)).toBe(true);
  });

  for (const [at, block] of blocks.entries()) {
    it(`line ${block.line}: ${block.language} holds`, async ({ skip }) => {
      const excuse = excuseOf(block);
      if (excuse !== undefined) skip(excuse);
      await check(block, at, workshop);
    });
  }
});

async function check(block: Block, at: number, workshop: Workshop): Promise<void> {
  switch (block.language) {
    case "ts":
      return runProgram(withBlocksBefore(at), `block-${block.line}`, workshop);
    case "sh":
      for (const command of commandsOf(block.text)) await runCommand(command);
      return;
    case "yaml":
      return checkYaml(block.text, workshop);
    case "json":
      expect(JSON.parse(block.text)).toBeTypeOf("object");
      return;
    case "text":
      return;
    default:
      throw new Error(`line ${block.line}: no rule for a block of kind "${block.language}"; known: ts, sh, yaml, json, text`);
  }
}

/** The block with those before it that it says it goes on from. */
function withBlocksBefore(at: number): string {
  const block = blocks[at]!;
  if (block.marker !== "with the block before") return block.text;
  const before = blocks.slice(0, at).findLastIndex((other) => other.language === block.language);
  if (before < 0) throw new Error(`line ${block.line}: there is no block before to go on from`);
  return `${withBlocksBefore(before)}${block.text}`;
}

async function runProgram(text: string, name: string, workshop: Workshop): Promise<void> {
  const file = workshop.write(`${name}.ts`, text);
  const config = {
    extends: "../../tsconfig.json",
    compilerOptions: { isolatedDeclarations: false, declaration: false, noUnusedLocals: false },
    files: [`${name}.ts`],
  };
  const project = workshop.write(`${name}.json`, JSON.stringify(config));
  const checked = await run(join(root, "node_modules", ".bin", "tsc"), ["-p", project], workshop.path, limitMs);
  expect(checked).toEqual({ code: 0, text: "" });
  const outcome = await run(process.execPath, [file], workshop.path, limitMs);
  expect(outcome.code, outcome.text).toBe(0);
}

async function runCommand(command: string): Promise<void> {
  const plan = planOf(command);
  if (plan.kind === "script") expect(scripts[plan.name], `${command}: package.json has no script "${plan.name}"`).toBeDefined();
  if (plan.kind === "lock-file") expect(existsSync(join(root, "package-lock.json"))).toBe(true);
  if (plan.kind === "package") expect(existsSync(join(root, "dist", "client", "index.js"))).toBe(true);
  if (plan.kind !== "cofactor") return;
  const outcome = await run(process.execPath, [join(root, "dist", "cofactor.js"), ...plan.args], root, limitMs);
  expect(outcome.code, `${command}\n${outcome.text}`).toBe(0);
}

/** A YAML block is a scenario, as `cofactor simulate` reads it, unless its first line is a comment that names something else. */
async function checkYaml(text: string, workshop: Workshop): Promise<void> {
  const document: unknown = parse(text);
  expect(document).toBeTypeOf("object");
  const kind = /^#\s*(\w+)/.exec(text)?.[1] ?? "scenario";
  if (kind === "terms") {
    const { parseTerms } = await import("../../shared/terms.ts");
    parseTerms(document);
  } else if (kind === "scenario") {
    const { parseScenario } = await import("../../simulations/scenario.ts");
    parseScenario(document);
  } else if (kind === "grid") {
    const { loadGrid } = await import("../../simulations/sweep/grid.ts");
    await loadGrid(workshop.write("grid.yaml", text), undefined, []);
  } else throw new Error(`"# ${kind}": expected "# scenario", "# terms" or "# grid" as the first line`);
}
