/** The command lines that documents may show, and what a test does with each. Imports nothing. */

/** What to do with a line: check that something exists, or run the project's own command with arguments. */
export type LinePlan =
  | { readonly kind: "script"; readonly name: string }
  | { readonly kind: "lock-file" }
  | { readonly kind: "package" }
  | { readonly kind: "cofactor"; readonly args: readonly string[] };

/** The commands of a block: joined by `&&` or line by line, continued with a backslash; comments and a leading "$ " do not count. */
export function commandsOf(block: string): readonly string[] {
  return block
    .replace(/\s*\\\n\s*/g, " ")
    .split(/\n|&&/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, "")
        .replace(/^\s*\$\s+/, "")
        .trim(),
    )
    .filter((line) => line !== "");
}

/**
 * What to do with a command.
 *
 * @throws Error for a command that no rule knows: a document shows nothing that no test has seen
 */
export function planOf(command: string): LinePlan {
  const words = (command.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
  const [first, second, ...rest] = words;
  if (/[|;<>&`$]/.test(command)) throw new Error(`"${command}": a document shows plain commands; no pipes, redirections or variables`);
  if (first === "npm" && second === "ci" && rest.length === 0) return { kind: "lock-file" };
  if (first === "npm" && (second === "start" || second === "test")) return { kind: "script", name: second };
  if (first === "npm" && second === "run" && rest[0] !== undefined) return { kind: "script", name: rest[0] };
  if (first === "npm" && second === "install" && rest.length === 1 && rest[0] === "cofactor") return { kind: "package" };
  if (first === "npx" && second === "cofactor") return { kind: "cofactor", args: rest };
  throw new Error(
    `"${command}" is no command that test/support/shell-lines.ts knows: add a rule for it, or mark the block with its reason`,
  );
}
