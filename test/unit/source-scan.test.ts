/** The scanner behind the architecture test, on small samples: what it must see, and what it must not take for something else. */
import { describe, expect, it } from "vitest";
import { blank, hasHeader, importsOf, linesWithAny, undocumentedExports } from "../support/source-scan.ts";

describe("importsOf", () => {
  it("finds static, type-only, side-effect, dynamic and re-exported modules with their lines", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      "import {",
      "  c,",
      '} from "./c.ts";',
      'import "./d.ts";',
      'export * from "./e.ts";',
      'export { type F } from "./f.ts";',
      'const g = () => import("./g.ts");',
      'let h: import("./h.ts").H;',
    ].join("\n");
    expect(importsOf(text)).toEqual([
      { specifier: "./a.ts", line: 1 },
      { specifier: "./b.ts", line: 2 },
      { specifier: "./c.ts", line: 5 },
      { specifier: "./d.ts", line: 6 },
      { specifier: "./e.ts", line: 7 },
      { specifier: "./f.ts", line: 8 },
      { specifier: "./g.ts", line: 9 },
      { specifier: "./h.ts", line: 10 },
    ]);
  });

  it("takes none from comments, strings, templates or regular expressions", () => {
    const text = [
      '// import "./a.ts"',
      '/* import "./b.ts" */',
      "const c = 'import \"./c.ts\"';",
      'const d = `from "./d.ts" ${e} from "./f.ts"`;',
      'const g = /from "x"/.test(h);',
      "const from = 3;\nconst i = { from, j: 1 };",
      'const k = Array.from("abc");',
    ].join("\n");
    expect(importsOf(text)).toEqual([]);
  });
});

describe("blank", () => {
  it("keeps every place and line end, and sees code inside a template's expression", () => {
    const text = 'const a = `x ${b({ c: "}" })} // y`; // z\nconst d = "\\"//";';
    const code = blank(text, "comment", "string");
    expect(code).toHaveLength(text.length);
    expect(code.split("\n")).toHaveLength(2);
    expect(code).toContain("b({ c:");
    expect(code).not.toMatch(/[xyz]/);
    expect(code.endsWith(";")).toBe(true);
  });

  it("tells a division from a regular expression", () => {
    expect(blank("const a = b / c; // d / e", "comment", "string").trimEnd()).toBe("const a = b / c;");
    expect(blank("return /['\"]/.test(a); const any = 1", "string")).toContain("const any = 1");
  });
});

describe("undocumentedExports", () => {
  it("names exports without a comment of their own", () => {
    const text =
      "/** Header. */\n\nexport const a = 1;\n\n/** B. */\nexport function b(): void {}\nexport class C {}\n// no doc\nexport type D = 1;\n";
    expect(undocumentedExports(text)).toEqual(["a", "C", "D"]);
  });

  it("asks for one comment per overloaded function and none for re-exports", () => {
    const text =
      '/** H. */\nimport "x";\n/** A. */\nexport function a(x: 1): 1;\nexport function a(x: 2): 2;\nexport { b } from "./b.ts";\nexport * from "c";\n';
    expect(undocumentedExports(text)).toEqual([]);
  });
});

describe("hasHeader", () => {
  it("wants a doc comment with words at the very beginning", () => {
    expect(hasHeader("/** Guards for arguments. */\nconst a = 1;")).toBe(true);
    expect(hasHeader("#!/usr/bin/env node\n/** The front door. */\n")).toBe(true);
    expect(hasHeader("import a from 'a';\n/** Late. */")).toBe(false);
    expect(hasHeader("// Guards.\nconst a = 1;")).toBe(false);
    expect(hasHeader("/** */\nconst abc = 1;")).toBe(false);
  });
});

describe("linesWithAny", () => {
  it("sees the type and nothing else of that name", () => {
    expect(linesWithAny("let a: any;\nlet b = c as any;\nlet d: any[] = [];\nlet e: Map<string, any>;")).toEqual([1, 2, 3, 4]);
    expect(linesWithAny("// any\nconst a = 'any';\nPromise.any([]);\nconst many = 1;\nAbortSignal.any(b);\nconst c = { any: 1 };")).toEqual(
      [],
    );
  });
});
