/** Finds data that may not be part of the repository; tests that need it are skipped, with the reason in their name, where it is absent. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe } from "vitest";
import { packageRoot } from "../../simulations/package-root.ts";

/** The folder of a data set beside the project: $COFACTOR_DATA, or shared/data next to the checkout or to its main worktree. */
export function sharedDataPath(name: string): string | undefined {
  const given = process.env["COFACTOR_DATA"];
  const roots =
    given === undefined ? [packageRoot(), mainWorktree(packageRoot())].map((root) => join(root, "..", "shared", "data")) : [given];
  return roots.map((root) => resolve(root, name)).find((path) => existsSync(path));
}

/** `describe` over a data set beside the project; skipped with a printed reason when it is not there. */
export function describeWithData(name: string, body: (path: string) => void): void {
  const path = sharedDataPath(name);
  if (path !== undefined) {
    describe(`shared data ${name}`, () => body(path));
    return;
  }
  const reason = `skipped: no folder ../shared/data/${name}; its licence keeps it out of the repository (set COFACTOR_DATA to its parent)`;
  process.stderr.write(`shared data ${name} ${reason}\n`);
  describe.skip(`shared data ${name} (${reason})`, () => body(""));
}

/** The checkout that a linked git worktree belongs to, or `root` itself. */
function mainWorktree(root: string): string {
  const pointer = join(root, ".git");
  try {
    const match = /^gitdir: (.+)$/m.exec(readFileSync(pointer, "utf8"));
    // <main>/.git/worktrees/<name>
    return match === null ? root : dirname(dirname(dirname(resolve(root, match[1]!.trim()))));
  } catch {
    return root;
  }
}
