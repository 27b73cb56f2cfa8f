/** Delimited text: whatever is written is read back. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DelimitedReader } from "../../simulations/datasets/delimited.ts";
import { parseDecimal } from "../../simulations/datasets/numbers.ts";

/** A field as RFC 4180 writes it when it is always quoted. */
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function read(text: string, delimiter: string): string[][] {
  const reader = new DelimitedReader({ path: "f", name: "f", sha256: "", bytes: new TextEncoder().encode(text) }, { delimiter });
  const records: string[][] = [];
  while (reader.next()) records.push(Array.from({ length: reader.fields }, (_, index) => reader.text(index)));
  return records;
}

describe("a delimited file", () => {
  it("gives back the fields that were written, whatever they hold", () => {
    const field = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", " ", ":", "a") }));
    const records = fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { maxLength: 6 });
    fc.assert(
      fc.property(
        records,
        fc.constantFrom(",", "\t", "::", ";", " "),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        (rows, delimiter, end, isEnded) => {
          const text = rows.map((row) => row.map(quoted).join(delimiter)).join(end) + (isEnded ? end : "");
          expect(read(text, delimiter)).toEqual(rows);
        },
      ),
    );
  });

  it("of plain fields gives them back without quotes", () => {
    const field = fc.stringMatching(/^[a-z0-9.+-]{1,8}$/);
    const rows = fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, fc.constantFrom(",", "\t", "::", ";", " "), fc.constantFrom("\n", "\r\n"), (records, delimiter, end) => {
        expect(read(records.map((row) => row.join(delimiter)).join(end), delimiter)).toEqual(records);
      }),
    );
  });

  it("numbers the line each record begins on", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })), { minLength: 1, maxLength: 8 }), (shape) => {
        // Before each record some blank lines; inside it a quoted field over some lines.
        let text = "";
        const expected = shape.map(([before, inside]) => {
          text += "\n".repeat(before);
          const line = text.split("\n").length;
          text += `"${"x\n".repeat(inside)}",1\n`;
          return line;
        });
        const reader = new DelimitedReader({ path: "f", name: "f", sha256: "", bytes: new TextEncoder().encode(text) }, { delimiter: "," });
        const lines: number[] = [];
        while (reader.next()) lines.push(reader.line);
        expect(lines).toEqual(expected);
      }),
    );
  });
});

describe("parseDecimal", () => {
  it("rounds every finite number as JavaScript does", () => {
    const texts = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }).map(String), fc.stringMatching(/^-?\d{1,18}\.\d{0,18}$/));
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = new TextEncoder().encode(text);
        expect(parseDecimal(bytes, 0, bytes.length)).toBe(Number(text) + 0);
      }),
    );
  });
});
