/** What the tests of the architecture ask of a source file: its imports, comments, exports and types. Imports source-parts. */
import { type Part, partsOf } from "./source-parts.ts";

/** An import, or a re-export, of another module. */
export interface ScannedImport {
  readonly specifier: string;
  readonly line: number;
}

/** The text with comments (and strings, when asked) made blank; line ends and places stay. */
export function blank(text: string, ...parts: readonly Exclude<Part, "code">[]): string {
  return partsOf(text)
    .map(([part, from, to]) =>
      part !== "code" && parts.includes(part) ? text.slice(from, to).replace(/[^\n]/g, " ") : text.slice(from, to),
    )
    .join("");
}

/** Every module that a source names: static, type-only and dynamic imports, and re-exports. */
export function importsOf(text: string): readonly ScannedImport[] {
  const found: ScannedImport[] = [];
  let code = "";
  for (const [part, from, to] of partsOf(text)) {
    const piece = text.slice(from, to);
    if (part === "code") code += piece;
    if (part === "comment") code += " ";
    if (part !== "string") continue;
    if (/(?:\bfrom|\bimport|\bimport\s*\()\s*$/.test(code) && /^["'`]/.test(piece)) {
      found.push({ specifier: piece.slice(1, -1), line: lineOf(text, from) });
    }
    code = `${code.slice(-200)}""`;
  }
  return found;
}

/** The file's header comment, behind an interpreter line if there is one, or "". */
export function headerOf(text: string): string {
  return /^(?:#![^\n]*\n)?(\/\*\*[\s\S]*?\*\/)/.exec(text)?.[1] ?? "";
}

/** True when the file begins with a doc comment that says something. */
export function hasHeader(text: string): boolean {
  return /\w{3}/.test(headerOf(text));
}

/** Exported declarations without a doc comment on the line before them. Overloads need one at the first only; re-exports need none. */
export function undocumentedExports(text: string): readonly string[] {
  const declaration =
    /^export (?:default )?(?:declare )?(?:abstract )?(?:async )?(?:const enum|const|let|function\*?|class|interface|type|enum)\s+([\w$]+)/;
  const lines = blank(text, "string").split("\n");
  const missing: string[] = [];
  let previous = "";
  for (const [index, line] of lines.entries()) {
    const name = declaration.exec(line)?.[1];
    if (name === undefined) continue;
    if (name !== previous && !lines[index - 1]?.trimEnd().endsWith("*/")) missing.push(name);
    previous = name;
  }
  return missing;
}

/** Lines on which the type `any` is written. */
export function linesWithAny(text: string): readonly number[] {
  const code = blank(text, "comment", "string");
  return [...code.matchAll(/(?<![.\w$])any(?![\w$(]|\s*:)/g)].map((match) => lineOf(text, match.index));
}

/** The number, from 1, of the line that a place lies on. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
