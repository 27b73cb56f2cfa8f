/** Every rule, loaded when it is named. A new one is a file and a line here. */
import { type Loaders, loadDefinitions } from "../registry.ts";
import type { RuleDefinition } from "./rule.ts";

/** By kind, in the order in which they are listed. */
const loaders: Loaders<RuleDefinition> = {
  sum: async () => (await import("./sum.ts")).sum,
  median: async () => (await import("./median.ts")).median,
  "trimmed-mean": async () => (await import("./trimmed-mean.ts")).trimmedMean,
  krum: async () => (await import("./krum.ts")).krum,
  "multi-krum": async () => (await import("./multi-krum.ts")).multiKrum,
  "geometric-median": async () => (await import("./geometric-median.ts")).geometricMedian,
  "centered-clipping": async () => (await import("./centered-clipping.ts")).centeredClipping,
  "norm-bound": async () => (await import("./norm-bound.ts")).normBound,
  flag: async () => (await import("./flag.ts")).flag,
  agreement: async () => (await import("./agreement.ts")).agreement,
  similarity: async () => (await import("./similarity.ts")).similarity,
};

/** The rules that terms may name; with a known `kind`, that one alone. */
export function loadRules(kind?: string): Promise<readonly RuleDefinition[]> {
  return loadDefinitions(loaders, kind);
}
