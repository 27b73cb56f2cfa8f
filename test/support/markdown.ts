/** Fenced blocks of a Markdown text and the markers before them, and `@example`s of doc comments. Imports source-parts. */
import { partsOf } from "./source-parts.ts";
import { lineOf } from "./source-scan.ts";

/** A fenced block. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /** What stands behind "run:" in a comment directly before the block: "no, reason" or "with the block before". */
  readonly marker: string | undefined;
}

/** Every fenced block of a text, in order. @throws Error for a fence without an end */
export function blocksOf(markdown: string): readonly Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at++) {
    const open = /^(\s*)(`{3,}|~{3,})\s*(\S*)/.exec(lines[at]!);
    if (open === null) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === open[2]);
    if (end < 0) throw new Error(`the block that begins in line ${at + 1} has no end`);
    const indent = open[1]!.length;
    const text = lines.slice(at + 1, end).map((line) => line.slice(indent));
    const before = lines.slice(0, at).findLast((line) => line.trim() !== "");
    const marker = /^\s*<!--\s*run:\s*(.*?)\s*-->\s*$/.exec(before ?? "")?.[1];
    blocks.push({ language: open[3]!, text: `${text.join("\n")}\n`, line: at + 1, marker });
    at = end;
  }
  return blocks;
}

/**
 * The reason why a block is not run, or undefined when it is.
 *
 * @throws Error for a marker of another form: one that excuses a block gives its reason
 */
export function excuseOf(block: Block): string | undefined {
  if (block.marker === undefined || block.marker === "with the block before") return undefined;
  const reason = /^no,\s*(\S.{7,})$/.exec(block.marker)?.[1];
  if (reason === undefined)
    throw new Error(`line ${block.line}: expected "run: no, REASON" or "run: with the block before", got "${block.marker}"`);
  return reason;
}

/** One `@example` of one line: an expression and what is said about its value. */
export interface Example {
  readonly line: number;
  readonly expression: string;
  /** The value as JSON, when the comment behind the expression is that; "throws CODE"; else free text or nothing. */
  readonly comment: string;
}

/** The `@example`s of a source's doc comments. */
export function examplesOf(source: string): readonly Example[] {
  const found: Example[] = [];
  for (const [part, from, to] of partsOf(source)) {
    if (part !== "comment") continue;
    for (const match of source.slice(from, to).matchAll(/@example[ \t]+(\S.*?)(?:\s*\*\/)?$/gm)) {
      const whole = match[1]!;
      const split = partsOf(whole).find(([kind, start]) => kind === "comment" && whole.startsWith("//", start))?.[1] ?? whole.length;
      const comment = whole.slice(split + 2).trim();
      found.push({ line: lineOf(source, from + match.index), expression: whole.slice(0, split).trim().replace(/;$/, ""), comment });
    }
  }
  return found;
}
