/** Participation schemas: what a separation of b rounds means, exactly. */
import { describe, expect, it } from "vitest";
import { gramOfLower } from "../../../shared/privacy/matrix/dense.ts";
import {
  admissibleSets,
  boundsOf,
  isAdmissible,
  type Participation,
  trueParticipations,
} from "../../../shared/privacy/matrix/participation.ts";
import { bandedSensitivity, gramSensitivity } from "../../../shared/privacy/matrix/sensitivity.ts";
import { toeplitzSensitivity } from "../../../shared/privacy/matrix/sensitivity-toeplitz.ts";
import { toeplitzRow } from "../../../shared/privacy/matrix/toeplitz.ts";

const apart = (separation: number, participations = 99): Participation => ({ kind: "min-separation", participations, separation });

describe("a separation of three rounds", () => {
  it("lets a unit of round 1 back in round 4, not in round 3", () => {
    expect(isAdmissible(apart(3), [1, 4])).toBe(true);
    expect(isAdmissible(apart(3), [1, 3])).toBe(false);
    expect(admissibleSets(apart(3), 4)).toContainEqual([0, 3]);
    expect(admissibleSets(apart(3), 4)).not.toContainEqual([0, 2]);
  });

  it("fits two rounds into six and three into seven", () => {
    expect(trueParticipations(6, 3)).toBe(2);
    expect(trueParticipations(7, 3)).toBe(3);
    expect(boundsOf(apart(3, 2), 7).participations).toBe(2);
  });

  it("keeps columns of three bands apart, and not those of four", () => {
    const three = Float64Array.of(1, 0.5, 0.25);
    const four = Float64Array.of(1, 0.5, 0.25, 0.125);
    const norm = (c: Float64Array): number => c.reduce((sum, value) => sum + value * value, 0);
    expect(toeplitzSensitivity(three, 9, apart(3)).value).toBeCloseTo(Math.sqrt(3 * norm(three)), 12);
    // The last of three columns of four bands loses its last entry, and each neighbor pair overlaps in one row.
    const overlapping = 3 * norm(four) - 0.125 ** 2 + 2 * 2 * 0.125;
    expect(toeplitzSensitivity(four, 9, apart(3)).value).toBeCloseTo(Math.sqrt(overlapping), 12);
    const gram = gramOfLower(Float64Array.from(Array.from({ length: 9 }, (_, row) => [...toeplitzRow(four, row, 9)]).flat()), 9);
    expect(() => bandedSensitivity(gram, 9, apart(3))).toThrow(RangeError);
    expect(bandedSensitivity(gram, 9, apart(4)).isExact).toBe(true);
    expect(gramSensitivity(gram, 9, apart(3)).isExact).toBe(false);
    expect(gramSensitivity(gram, 9, apart(3)).value).toBeGreaterThanOrEqual(Math.sqrt(overlapping));
  });
});

describe("schemas", () => {
  it("of a fixed order take runs, with rounds missed but none between", () => {
    const schema: Participation = { kind: "fixed-epoch", participations: 3, separation: 4 };
    expect(isAdmissible(schema, [2, 6, 10])).toBe(true);
    expect(isAdmissible(schema, [2, 10])).toBe(true);
    expect(isAdmissible(schema, [2, 14])).toBe(false);
    expect(isAdmissible(schema, [2, 7])).toBe(false);
  });

  it("count participations", () => {
    expect(isAdmissible({ kind: "single" }, [5])).toBe(true);
    expect(isAdmissible({ kind: "single" }, [5, 9])).toBe(false);
    expect(isAdmissible({ kind: "unrestricted", participations: 2 }, [5, 6])).toBe(true);
    expect(isAdmissible({ kind: "unrestricted", participations: 2 }, [5, 6, 7])).toBe(false);
    expect(isAdmissible({ kind: "unrestricted", participations: 2 }, [5, 5])).toBe(false);
    expect(isAdmissible(apart(2, 2), [1, 3, 5])).toBe(false);
  });

  it("refuse numbers that are not whole or not positive", () => {
    for (const wrong of [0, -1, 1.5, Number.NaN]) {
      expect(() => boundsOf(apart(wrong), 9)).toThrow(RangeError);
      expect(() => boundsOf(apart(2, wrong), 9)).toThrow(RangeError);
      expect(() => boundsOf({ kind: "unrestricted", participations: wrong }, 9)).toThrow(RangeError);
    }
  });

  it("never make a smaller schema more sensitive", () => {
    const c = Float64Array.of(1, 0.7, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05);
    const values = [apart(8), apart(4), apart(2), apart(1)].map((schema) => toeplitzSensitivity(c, 8, schema).value);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });
});
