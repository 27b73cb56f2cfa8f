/** The stream of correlated noise: its secret state, what it refuses, and what it costs. */
import { describe, expect, it } from "vitest";
import { factorizations } from "../../../shared/privacy/matrix/index.ts";
import { resumeNoise, startNoise } from "../../../shared/privacy/matrix/noise.ts";
import { type NoiseSource, simulationNoise } from "../../../shared/privacy/matrix/source.ts";
import { prefixSum } from "../../../shared/privacy/matrix/workload.ts";
import { createRng } from "../../../shared/random.ts";
import { resolveSection } from "../../../shared/registry.ts";

function build(kind: string, rounds = 12, options: object = {}) {
  const found = resolveSection(factorizations, { kind, ...options }, "factorization");
  return found.definition.create(found.options, { workload: prefixSum(rounds), participation: { kind: "single" }, objective: "max" });
}

const source = simulationNoise(createRng(5), 2);
const invalid = expect.objectContaining({ code: "DATA_INVALID" });

describe("the exported state", () => {
  const parts = { factorization: build("blt"), source, dimension: 4 };
  const stream = startNoise(parts);
  stream.take(3);
  const bytes = stream.export();

  it("is refused when one byte is damaged or missing", () => {
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      expect(() => resumeNoise(parts, damaged), `byte ${at}`).toThrow(invalid);
    }
    for (const length of [0, 7, 39, bytes.length - 1]) expect(() => resumeNoise(parts, bytes.subarray(0, length))).toThrow(invalid);
  });

  it("is refused by another factorization, dimension or kind of source", () => {
    expect(() => resumeNoise({ ...parts, factorization: build("banded-toeplitz", 12, { bands: 4 }) }, bytes)).toThrow(invalid);
    expect(() => resumeNoise({ ...parts, factorization: build("blt", 13) }, bytes)).toThrow(invalid);
    expect(() => resumeNoise({ ...parts, dimension: 5 }, bytes)).toThrow(invalid);
    const drawn = startNoise({ ...parts, factorization: build("square-root") }).export();
    const remembered = { ...parts, factorization: build("square-root"), source: { ...source, isRepeatable: false } };
    expect(() => resumeNoise(remembered, drawn)).toThrow(invalid);
  });

  it("does not share memory with the stream", () => {
    const before = bytes.slice();
    stream.take(4);
    expect(bytes).toEqual(before);
    expect(resumeNoise(parts, bytes).nextRound).toBe(4);
  });

  it("may stand in a larger buffer at any offset", () => {
    const room = new Uint8Array(bytes.length + 5);
    room.set(bytes, 5);
    expect(resumeNoise(parts, room.subarray(5)).take(4)).toEqual(resumeNoise(parts, bytes).take(4));
  });
});

describe("a stream", () => {
  it("moves nowhere when its source fails or draws what is not finite", () => {
    for (const kind of ["square-root", "blt", "banded-toeplitz", "tree"]) {
      let isBroken = true;
      const fragile: NoiseSource = {
        security: "simulation",
        isRepeatable: false,
        draw(row, out) {
          source.draw(row, out);
          if (isBroken && row === 5) out[1] = Number.NaN;
        },
      };
      const parts = { factorization: build(kind), source: fragile, dimension: 3 };
      const stream = startNoise(parts);
      stream.take(5);
      expect(() => stream.take(6)).toThrow(expect.objectContaining({ code: "VALUE_NOT_FINITE" }));
      isBroken = false;
      expect(stream.take(6)).toEqual(startNoise(parts).take(6));
    }
  });

  it("refuses rounds outside the plan", () => {
    const stream = startNoise({ factorization: build("identity"), source, dimension: 1 });
    for (const round of [0, -1, 1.5, 13, Number.NaN]) expect(() => stream.take(round)).toThrow(RangeError);
    expect(() => startNoise({ factorization: build("identity"), source, dimension: 0 })).toThrow(RangeError);
  });

  it("gives vectors that later rounds do not change", () => {
    for (const kind of ["banded-toeplitz", "blt", "square-root"]) {
      const stream = startNoise({ factorization: build(kind), source: { ...source, isRepeatable: false }, dimension: 2 });
      const first = stream.take(1);
      const copy = first.slice();
      first.fill(9);
      const second = stream.take(2);
      const clean = startNoise({ factorization: build(kind), source, dimension: 2 });
      expect(clean.take(1)).toEqual(copy);
      expect(clean.take(2)).toEqual(second);
    }
  });
});
