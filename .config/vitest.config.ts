/** The tests by kind: `vitest --project unit` runs one of them. Imports reporter.ts and vitest. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { ViteUserConfig } from "vitest/config";
import { ReportWriter } from "./reporter.ts";

const root = join(import.meta.dirname, "..");
const second = 1_000;
const patience = process.env["COFACTOR_SLOW"] === undefined ? 1 : 30;

/** Every kind, and how long one of its tests may take before it counts as hung. A hang is no measurement: the limits are wide. */
const kinds: Readonly<Record<string, number>> = {
  unit: 120 * second,
  vectors: 60 * second,
  property: 120 * second,
  statistical: 120 * second,
  conformance: 120 * second,
  integration: 240 * second,
  chaos: 300 * second,
  browser: 240 * second,
  types: 120 * second,
  docs: 300 * second,
  bench: 240 * second,
};

const config: ViteUserConfig = {
  root,
  test: {
    projects: Object.entries(kinds).map(([name, timeout]) => ({
      test: {
        name,
        root,
        include: [`test/${name}/**/*.test.ts`],
        environment: "node",
        testTimeout: timeout * patience,
        hookTimeout: timeout * patience,
      },
    })),
    maxWorkers: Math.max(2, Math.min(8, availableParallelism())),
    passWithNoTests: false,
    reporters: ["default", new ReportWriter(join(root, ".cofactor", "test-report.json"))],
  },
};

export default config;
