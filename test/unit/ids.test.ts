/** Identifiers are refused unless they have their form. */
import { describe, expect, it } from "vitest";
import { toClientId, toRoundNumber, toRunId } from "../../shared/ids.ts";

describe("ids", () => {
  it("accept their form", () => {
    expect(toRunId("films-1")).toBe("films-1");
    expect(toClientId("A".repeat(43))).toHaveLength(43);
    expect(toRoundNumber(1)).toBe(1);
  });

  it("refuse anything else", () => {
    for (const bad of ["", "Films", "-a", "a/b", "a".repeat(65)]) expect(() => toRunId(bad)).toThrow(TypeError);
    for (const bad of ["", "A".repeat(42), `${"A".repeat(42)}=`]) expect(() => toClientId(bad)).toThrow(TypeError);
    for (const bad of [0, -1, 1.5, Number.NaN]) expect(() => toRoundNumber(bad)).toThrow(RangeError);
  });
});
