/** Every rule of the index passes the one suite, with its default options. */
import { expect, it } from "vitest";
import { resolveSection } from "../../shared/registry.ts";
import { rules } from "../../shared/rules/index.ts";
import { describeRule } from "./rule.ts";

for (const { kind } of rules) {
  const { definition, options } = resolveSection(rules, { kind }, "aggregation");
  describeRule(definition.create(options));
}

it("sums groups entry by entry and counts their members", () => {
  const { definition, options } = resolveSection(rules, { kind: "sum" }, "aggregation");
  const groups = [
    { values: Float64Array.of(1, 2), count: 3 },
    { values: Float64Array.of(10, -2), count: 4 },
  ];
  expect(definition.create(options).step(groups)).toEqual({ values: Float64Array.of(11, 0), count: 7 });
});
