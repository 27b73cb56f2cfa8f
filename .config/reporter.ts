/** A vitest reporter that writes what the closing line counts: every test, and everything that failed outside a test. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Reporter, TestModule } from "vitest/node";

/** What a run of the tests came to. */
export interface TestReport {
  readonly passed: number;
  /** Failed tests, files and hooks that failed outside a test, and unhandled errors. */
  readonly failed: number;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** Writes a TestReport to `path` as JSON at the end of the run. */
export class ReportWriter implements Reporter {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    const skipped: { name: string; reason: string }[] = [];
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === "passed") passed += 1;
        else if (result.state === "skipped")
          skipped.push({ name: `${module.relativeModuleId}: ${test.fullName}`, reason: result.note ?? "" });
        else failed += 1;
      }
    }
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify({ passed, failed, skipped } satisfies TestReport));
  }
}
