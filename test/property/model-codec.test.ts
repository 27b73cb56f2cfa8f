/** Published models survive the wire, whole and as differences. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyDelta, decodeModel, encodeDelta, encodeModel, toPrecision } from "../../shared/wire/model-codec.ts";

const values = fc.float64Array({ minLength: 1, maxLength: 300, noNaN: true, min: -1e30, max: 1e30 });
const precision = fc.constantFrom("float32" as const, "float64" as const);

describe("model codec", () => {
  it("decodes what it encoded, after rounding to the precision", () => {
    fc.assert(
      fc.property(values, precision, (model, format) => {
        const rounded = toPrecision(model, format);
        expect(decodeModel(encodeModel(rounded, format), model.length, format)).toEqual(rounded);
      }),
    );
  });

  it("rebuilds the next model from the last one and a difference", async () => {
    await fc.assert(
      fc.asyncProperty(
        values,
        precision,
        fc.float({ min: Math.fround(-0.01), max: Math.fround(0.01), noNaN: true }),
        async (model, format, step) => {
          const base = encodeModel(model, format);
          const next = encodeModel(
            model.map((value) => value * (1 + step)),
            format,
          );
          const delta = await encodeDelta(base, next, format);
          if (delta === undefined) return;
          expect(delta.length).toBeLessThan(next.length);
          expect(await applyDelta(base, delta, format)).toEqual(next);
        },
      ),
    );
  });

  it("refuses a difference that is not one, and one that would unpack beyond the model", async () => {
    const base = encodeModel(new Float64Array(64), "float64");
    await expect(applyDelta(base, new Uint8Array([1, 2, 3, 4]), "float64")).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
    const bomb = await encodeDelta(new Uint8Array(800_000), new Uint8Array(800_000), "float64");
    await expect(applyDelta(base, bomb!, "float64")).rejects.toMatchObject({ code: "MESSAGE_MALFORMED" });
  });

  it("refuses a wrong length and values that are not finite", () => {
    expect(() => decodeModel(new Uint8Array(9), 1, "float64")).toThrow(/expected 8 bytes \(1 values of float64\), got 9/);
    expect(() => encodeModel(Float64Array.of(Number.NaN), "float64")).toThrow(/finite/);
    expect(() => decodeModel(new Uint8Array(Float64Array.of(Number.POSITIVE_INFINITY).buffer), 1, "float64")).toThrow(/finite/);
  });
});
