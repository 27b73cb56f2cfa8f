/** What the tests of the documents make of blocks, markers, examples and command lines. */
import { describe, expect, it } from "vitest";
import { blocksOf, examplesOf, excuseOf } from "../support/markdown.ts";
import { commandsOf, planOf } from "../support/shell-lines.ts";

describe("blocksOf", () => {
  it("gives language, text, line and marker of each block", () => {
    const text = [
      "# A",
      "<!-- run: no, needs a network -->",
      "",
      "```sh",
      "npm ci",
      "```",
      "",
      "  ````ts",
      "  let a = 1;",
      "  ```",
      "  ````",
    ].join("\n");
    expect(blocksOf(text)).toEqual([
      { language: "sh", text: "npm ci\n", line: 4, marker: "no, needs a network" },
      { language: "ts", text: "let a = 1;\n```\n", line: 8, marker: undefined },
    ]);
  });

  it("refuses a block without an end", () => {
    expect(() => blocksOf("```ts\nlet a = 1;")).toThrow("line 1 has no end");
  });
});

describe("excuseOf", () => {
  const block = { language: "ts", text: "", line: 3 };

  it("wants a reason and knows no other word", () => {
    expect(excuseOf({ ...block, marker: undefined })).toBeUndefined();
    expect(excuseOf({ ...block, marker: "with the block before" })).toBeUndefined();
    expect(excuseOf({ ...block, marker: "no, needs MovieLens" })).toBe("needs MovieLens");
    for (const marker of ["no", "no,", "no, x", "never", ""]) expect(() => excuseOf({ ...block, marker })).toThrow("line 3");
  });
});

describe("examplesOf", () => {
  it("takes expressions and what is said of them from doc comments only", () => {
    const source = '/**\n * A.\n *\n * @example clip("//", 1) // [0.6, 0.8]\n */\nconst a = "@example no()";\n/** B. @example b(1) */\n';
    expect(examplesOf(source)).toEqual([
      { line: 4, expression: 'clip("//", 1)', comment: "[0.6, 0.8]" },
      { line: 7, expression: "b(1)", comment: "" },
    ]);
  });
});

describe("command lines", () => {
  it("are split at lines and &&, and joined at a backslash", () => {
    expect(commandsOf("$ npm ci && npm start # both\n\n# note\nnpx cofactor simulate \\\n  --seed 3\n")).toEqual([
      "npm ci",
      "npm start",
      "npx cofactor simulate --seed 3",
    ]);
  });

  it("have a plan, quotes taken off, or are refused", () => {
    expect(planOf('npx cofactor simulate --set "a=b c"')).toEqual({ kind: "cofactor", args: ["simulate", "--set", "a=b c"] });
    expect(planOf("npm run budget")).toEqual({ kind: "script", name: "budget" });
    expect(planOf("npm ci")).toEqual({ kind: "lock-file" });
    for (const command of ["rm -r x", "npm publish", "npx other", "npx cofactor a | tee b", "npx cofactor a > b"]) {
      expect(() => planOf(command)).toThrow(command);
    }
  });
});
