/** Numbers in data files. */
import { describe, expect, it } from "vitest";
import { parseDecimal, parseTime } from "../../simulations/datasets/numbers.ts";

function decimal(text: string): number {
  const bytes = new TextEncoder().encode(`<${text}>`);
  return parseDecimal(bytes, 1, bytes.length - 1);
}

function time(text: string): number {
  const bytes = new TextEncoder().encode(`<${text}>`);
  return parseTime(bytes, 1, bytes.length - 1);
}

describe("parseDecimal", () => {
  it.each(["0", "5", "3.5", ".5", "4.", "-1.25", "+2", "0.1", "123456.789", "1e3", "-2.5E-3", "0.1234567890123456789", "9007199254740993"])(
    "reads %s as JavaScript does",
    (text) => {
      expect(decimal(text)).toBe(Number(text));
    },
  );

  it.each(["", "-", ".", "1.2.3", "abc", "1,5", "0x10", "NaN", "Infinity", "1e999", " 1", "1 2", "1e", "--1"])("refuses %j", (text) => {
    expect(decimal(text)).toBeNaN();
  });

  it("gives no negative zero", () => {
    expect(Object.is(decimal("-0"), 0)).toBe(true);
  });
});

describe("parseTime", () => {
  it("keeps a plain number in the source's unit", () => {
    expect(time("881250949")).toBe(881_250_949);
  });

  it.each(["2013-09-10", "1969-12-31", "2000-02-29", "2013-09-10T10:20:30Z", "2013-09-10T10:20:30.5+02:00", "2013-09-10T00:30:00-01:30"])(
    "reads %s as seconds since 1970",
    (text) => {
      expect(time(text)).toBe(Date.parse(text) / 1000);
    },
  );

  it("takes a time without an offset as UTC", () => {
    expect(time("2013-09-10 10:20")).toBe(Date.UTC(2013, 8, 10, 10, 20) / 1000);
  });

  it.each(["2013-02-29", "2013-13-01", "2013-9-1", "10/09/2013", "yesterday", ""])("refuses %j", (text) => {
    expect(time(text)).toBeNaN();
  });
});
