/** Terms: defaults, refusals, canonical bytes. */
import { describe, expect, it } from "vitest";
import { canonicalJson, parseTerms } from "../../shared/terms.ts";

describe("parseTerms", () => {
  it("fills in safe defaults: encrypted, never a sum over one", () => {
    const terms = parseTerms({ id: "wines-1", items: 449 });
    expect(terms.protection.kind).toBe("paillier");
    expect(terms.cohort.min).toBeGreaterThan(1);
    expect(terms.version).toBe(1);
  });

  it("refuses what cannot be, naming the field", () => {
    expect(() => parseTerms({ id: "Wines 1", items: 449 })).toThrow(/"terms.id"/);
    expect(() => parseTerms({ id: "w", items: 0 })).toThrow(/"terms.items"/);
    expect(() => parseTerms({ id: "w", items: 9, cohort: { size: 5, min: 6 } })).toThrow(
      /"terms.cohort.min" expected at most cohort.size \(5\), got 6/,
    );
    expect(() => parseTerms({ id: "w", items: 9, ratings: { range: [5, 1] } })).toThrow(/least < greatest/);
    expect(() => parseTerms({ id: "w", items: 9, chort: {} })).toThrow(/did you mean "cohort"/);
  });
});

describe("canonicalJson", () => {
  it("gives equal text for equal values whatever the order of keys", () => {
    expect(canonicalJson({ b: 1, a: { d: [1, null, "x"], c: true } })).toBe('{"a":{"c":true,"d":[1,null,"x"]},"b":1}');
    expect(canonicalJson({ a: 1, b: undefined })).toBe(canonicalJson({ a: 1 }));
  });
});
