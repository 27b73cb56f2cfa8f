/** Lint and format hold for the whole tree, and the linter really refuses what crosses the rooms and layers. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "../support/source-tree.ts";

/** [file, its text, the rule that must refuse it; none when it must pass]. */
const samples: readonly (readonly [string, string, string | undefined])[] = [
  ["shared/run.ts", 'import "../client/client.ts";', "noRestrictedImports"],
  ["shared/round.ts", 'import "../server/index.ts";', "noRestrictedImports"],
  ["client/session.ts", 'import "../server/store.ts";', "noRestrictedImports"],
  ["client/stores/memory.ts", 'import "../../server/store.ts";', "noRestrictedImports"],
  ["server/session.ts", 'import "../client/client.ts";', "noRestrictedImports"],
  ["simulations/split.ts", 'import "../test/support/layers.ts";', "noRestrictedImports"],
  ["shared/errors.ts", 'import "./random.ts";', "noRestrictedImports"],
  ["shared/command/help.ts", 'import "../models/model.ts";', "noRestrictedImports"],
  ["shared/math/linear.ts", 'import "../models/model.ts";', "noRestrictedImports"],
  ["shared/models/als.ts", 'import "../crypto/identity.ts";', "noRestrictedImports"],
  ["shared/models/bpr.ts", 'import "./index.ts";', "noRestrictedImports"],
  ["shared/rules/sum.ts", 'import "../models/model.ts";', "noRestrictedImports"],
  ["shared/crypto/paillier/keys.ts", 'import "../../wire/messages.ts";', "noRestrictedImports"],
  ["shared/wire/messages.ts", 'import "../terms.ts";', "noRestrictedImports"],
  ["shared/terms.ts", 'import "./protections/open.ts";', "noRestrictedImports"],
  ["shared/protections/open.ts", 'import "../round.ts";', "noRestrictedImports"],
  ["client/vault.ts", 'import "node:fs";', "noNodejsModules"],
  ["shared/clock.ts", 'import "node:os";', "noNodejsModules"],
  ["server/http.ts", 'console.log("x");', "noConsole"],
  ["server/floating.ts", "const f = async (): Promise<void> => {};\nf();", "noFloatingPromises"],
  ["server/standard.ts", "export default 3;", "noDefaultExport"],
  ["server/loose.ts", "export const a: any = 3;", "noExplicitAny"],
  ["server/circle.ts", 'import type { B } from "./circle-b.ts";\nexport type A = B;', "noImportCycles"],
  ["server/circle-b.ts", 'import type { A } from "./circle.ts";\nexport type B = A;', "noImportCycles"],
  ["shared/models/fcf.ts", 'import "../math/linear.ts";', undefined],
  ["shared/protections/paillier.ts", 'import "../wire/fixed-point.ts";', undefined],
  ["shared/socket-channel.ts", 'import "./models/index.ts";', undefined],
  ["client/stores/file.node.ts", 'import "node:fs";', undefined],
  ["simulations/live/host.ts", 'import "../../client/index.node.ts";', undefined],
];

function runBiome(folder: string, args: readonly string[]): { status: number | null; text: string } {
  const biome = join(root, "node_modules", ".bin", "biome");
  const { status, stdout, stderr } = spawnSync(biome, args, { cwd: folder, encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

describe("biome", () => {
  let folder = "";
  let findings = "";

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "cofactor-style-")));
    copyFileSync(join(root, ".biome.json"), join(folder, ".biome.json"));
    for (const [path, text] of samples) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), `${text}\n`);
    }
    findings = runBiome(folder, ["lint", "--reporter=github", "--max-diagnostics=none", "."]).text;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("finds nothing to format and nothing to lint in this tree", () => {
    const { status, text } = runBiome(root, ["check", "--error-on-warnings", "--colors=off", "."]);
    expect(text).toContain("Checked");
    expect(status, text).toBe(0);
  });

  it.each(samples)("judges in %s: %s", (path, _text, rule) => {
    const rules = findings
      .split("\n")
      .filter((line) => line.includes(`file=${join(folder, path)},`))
      .map((line) => /title=lint\/\w+\/(\w+)/.exec(line)?.[1]);
    if (rule === undefined) expect(rules).toEqual([]);
    else expect(rules).toContain(rule);
  });
});
