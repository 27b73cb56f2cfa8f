/** Configuration errors name the path, the expectation and the nearest known word. */
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { nearest, parseConfig, resolveSection } from "../../shared/registry.ts";

const definitions = [
  { kind: "fcf", summary: "", source: "", options: v.strictObject({ kind: v.literal("fcf"), rank: v.optional(v.number(), 8) }) },
  { kind: "als", summary: "", source: "", options: v.strictObject({ kind: v.literal("als"), l2: v.optional(v.number(), 0.1) }) },
];

describe("resolveSection", () => {
  it("fills in defaults", () => {
    expect(resolveSection(definitions, { kind: "fcf" }, "model").options).toEqual({ kind: "fcf", rank: 8 });
  });

  it("names the nearest kind", () => {
    expect(() => resolveSection(definitions, { kind: "fcff" }, "model")).toThrow(
      /"model.kind" expected one of fcf, als, got "fcff"; did you mean "fcf"\?/,
    );
  });

  it("names the nearest key", () => {
    expect(() => resolveSection(definitions, { kind: "fcf", rnak: 3 }, "model")).toThrow(
      /"model.rnak" is not a known key; did you mean "rank"\?/,
    );
  });
});

describe("parseConfig", () => {
  const schema = v.strictObject({ cohort: v.optional(v.strictObject({ size: v.optional(v.number(), 1) }), {}) });

  it("names a nested unknown key and lists the known ones when none is near", () => {
    expect(() => parseConfig(schema, { cohort: { sise: 3 } }, "terms")).toThrow(
      /"terms.cohort.sise" is not a known key; did you mean "size"\?/,
    );
    expect(() => parseConfig(schema, { elephant: 3 }, "terms")).toThrow(/"terms.elephant" is not a known key; known keys: cohort/);
  });

  it("names the path of a value of the wrong type", () => {
    expect(() => parseConfig(schema, { cohort: { size: "x" } }, "terms")).toThrow(/"terms.cohort.size"/);
  });
});

describe("nearest", () => {
  it("finds a slip and leaves a different word alone", () => {
    expect(nearest("paillierr", ["open", "paillier"])).toBe("paillier");
    expect(nearest("zzz", ["open", "paillier"])).toBeUndefined();
  });
});
