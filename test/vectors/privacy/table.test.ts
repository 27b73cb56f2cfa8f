/** Every published figure is met within its tolerance, and the page that says so is true. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Figure, isWithin, type VectorCase, writeOurs } from "./case.ts";
import { chapters, writePage } from "./table.ts";

const found = new Map<VectorCase, Figure>();

describe.each(chapters)("$title", ({ cases }) => {
  it.each(cases.map((one) => [one.id, one.what, one] as const))(
    "%s: %s",
    (_id, _what, one) => {
      const ours = one.ours();
      found.set(one, ours);
      expect(isWithin(one, ours), `${writeOurs(one, ours)} beside ${one.expected}`).toBe(true);
    },
    120_000,
  );
});

describe("the page", () => {
  it("is what the code says now: if not, node test/vectors/privacy/write-table.ts", () => {
    const page = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
    expect(writePage((one) => found.get(one) ?? one.ours())).toBe(page);
  });

  it("notices figures that are too far off, and on the wrong side", () => {
    const one = (expected: Figure, tolerance: VectorCase["tolerance"]): VectorCase => ({
      id: "V",
      what: "",
      expected,
      source: "",
      tolerance,
      ours: () => 0,
    });
    const near = one(2, { kind: "absolute", by: 0.1 });
    expect([isWithin(near, 2.09), isWithin(near, 2.11), isWithin(near, Number.NaN)]).toEqual([true, false, false]);
    const bound = one(2, { kind: "at-most", by: 0.1, digits: 3 });
    expect([isWithin(bound, 1.95), isWithin(bound, 1.8), isWithin(bound, 2.05)]).toEqual([true, false, false]);
    const list = one([1, 2], { kind: "relative", by: 0.1 });
    expect([isWithin(list, [1.05, 2.1]), isWithin(list, [1.05, 2.3]), isWithin(list, [1])]).toEqual([true, false, false]);
    const word = one("refused", { kind: "exact" });
    expect([isWithin(word, "refused"), isWithin(word, 3)]).toEqual([true, false]);
    expect(writeOurs(near, -0.01)).toBe("0");
    expect(writeOurs(list, [1.2345, 1e-9])).toBe("1.2, 1.0e-9");
  });
});
