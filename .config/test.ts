/**
 * `npm test`: builds, sees to the system's parts, runs every test and ends with the line "N passed, N failed".
 * Arguments go to vitest and leave the system's parts to the caller: `npm test -- --project unit`. Imports reporter, system-parts.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { TestReport } from "./reporter.ts";
import { installSystemParts } from "./system-parts.ts";

const root = join(import.meta.dirname, "..");
const reportPath = join(root, ".cofactor", "test-report.json");
const chosen = process.argv.slice(2);

const { passed, failed, skipped } = runAll();
for (const line of skippedLines(skipped)) process.stdout.write(`${line}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function runAll(): TestReport {
  rmSync(reportPath, { force: true });
  const missing = chosen.length === 0 ? installSystemParts() : undefined;
  if (missing !== undefined) return refuse(missing);
  if (run(process.execPath, [join(import.meta.dirname, "build.ts")]) !== 0) return refuse("the build failed");
  const status = run("vitest", ["run", "--config", ".config/vitest.config.ts", ...chosen]);
  if (!existsSync(reportPath)) return refuse("vitest ended without a report");
  const report = JSON.parse(readFileSync(reportPath, "utf8")) as TestReport;
  return status !== 0 && report.failed === 0 ? { ...report, failed: 1 } : report;
}

/** The skipped tests with their reasons, one line per reason. A suite that is skipped tells its reason by its name. */
function skippedLines(tests: TestReport["skipped"]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { name, reason } of tests) {
    const text = reason === "" ? name.split(" > ")[0]! : `${name}: ${reason}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const lines = [...counts].map(([text, count]) => `  ${count === 1 ? "" : `${count} times `}${text}`);
  return lines.length === 0 ? [] : ["", `${tests.length} skipped:`, ...lines];
}

/** What stands in the way of the tests counts as one failure. */
function refuse(reason: string): TestReport {
  process.stderr.write(`\n${reason}\n`);
  const report: TestReport = { passed: 0, failed: 1, skipped: [] };
  return report;
}

function run(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}
