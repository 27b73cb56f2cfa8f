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
if (skipped.length > 0)
  process.stdout.write(`\nskipped:\n${skipped.map(({ name, reason }) => `  ${name}${reason && `: ${reason}`}\n`).join("")}`);
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

/** What stands in the way of the tests counts as one failure. */
function refuse(reason: string): TestReport {
  process.stderr.write(`\n${reason}\n`);
  const report: TestReport = { passed: 0, failed: 1, skipped: [] };
  return report;
}

function run(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}
