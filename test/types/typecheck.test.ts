/** The compiler accepts the whole tree, this folder's type tests included, and refuses what the flags are there for. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../support/source-tree.ts";

function compile(project: string): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(join(root, "node_modules", ".bin", "tsc"), ["-p", project], { cwd: root, encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

it("the whole tree compiles", () => {
  const { status, text } = compile("tsconfig.json");
  expect(text).toBe("");
  expect(status).toBe(0);
});

it("the flags refuse an unchecked index, an implicit type of an export and an undefined option", () => {
  mkdirSync(join(root, ".cofactor"), { recursive: true });
  const folder = mkdtempSync(join(root, ".cofactor", "types-"));
  try {
    const sample = [
      "export const first = (list: number[]): number => list[0];",
      "export const options: { readonly rank?: number } = { rank: undefined };",
      "export const both = () => [first([1]), options] as const;",
    ];
    writeFileSync(join(folder, "sample.ts"), `${sample.join("\n")}\n`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["sample.ts"] }));
    const { status, text } = compile(join(folder, "tsconfig.json"));
    expect(status).not.toBe(0);
    for (const line of [1, 2, 3]) expect(text).toContain(`sample.ts(${line},`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
