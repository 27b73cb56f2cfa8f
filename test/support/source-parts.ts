/** Splits TypeScript text into code, comments and strings, without a grammar: enough for our own formatted files. Imports nothing. */

/** What a piece of a text is. Regular expressions count as strings; a template's expressions are code. */
export type Part = "code" | "comment" | "string";

/** Every piece of a text as [part, from, to], in order and without a gap. */
export function partsOf(text: string): readonly (readonly [Part, number, number])[] {
  const parts: [Part, number, number][] = [];
  /** The brace depth at which each open template goes on. */
  const templates: number[] = [];
  let depth = 0;
  let codeFrom = 0;
  let at = 0;
  while (at < text.length) {
    const resumes = text[at] === "}" && templates.at(-1) === depth;
    const found = resumes ? templateFrom(text, at) : pieceAt(text, at);
    if (found === undefined) {
      if (text[at] === "{") depth += 1;
      if (text[at] === "}") depth -= 1;
      at += 1;
      continue;
    }
    const [part, to] = found;
    if (resumes) templates.pop();
    if ((resumes || text[at] === "`") && text.slice(at + 1, to).endsWith("${")) templates.push(depth);
    parts.push(["code", codeFrom, at], [part, at, to]);
    codeFrom = to;
    at = to;
  }
  parts.push(["code", codeFrom, text.length]);
  return parts;
}

/** The comment, string or regular expression that begins at a place, and where it ends. */
function pieceAt(text: string, at: number): readonly [Part, number] | undefined {
  const first = text[at];
  const second = text[at + 1];
  if (at === 0 && first === "#" && second === "!") return ["comment", endOf(text, at, /(?=\n)/g)];
  if (first === "/" && second === "/") return ["comment", endOf(text, at, /(?=\n)/g)];
  if (first === "/" && second === "*") return ["comment", endOf(text, at + 2, /\*\//g)];
  if (first === '"') return ["string", endOf(text, at + 1, /(?:\\[\s\S]|[^"\\\n])*(?:"|(?=\n))/g)];
  if (first === "'") return ["string", endOf(text, at + 1, /(?:\\[\s\S]|[^'\\\n])*(?:'|(?=\n))/g)];
  if (first === "`") return templateFrom(text, at);
  if (first === "/" && /(?:^|[([{}=,:;!&|?>]|\breturn|\btypeof)\s*$/.test(text.slice(Math.max(0, at - 80), at))) {
    const literal = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/.exec(text.slice(at, at + 1_000));
    if (literal !== null) return ["string", at + literal[0].length];
  }
  return undefined;
}

/** From a template's opening tick, or the brace behind an expression, to its closing tick or the next expression. */
function templateFrom(text: string, at: number): readonly [Part, number] {
  return ["string", endOf(text, at + 1, /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/g)];
}

/** The place behind the first match at or after `from`, or the end of the text. */
function endOf(text: string, from: number, pattern: RegExp): number {
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  return found === null ? text.length : found.index + found[0].length;
}
