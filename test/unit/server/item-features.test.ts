/** Features from files: the three formats, and what each refuses with its place. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readItemFeatures } from "../../../server/item-features.ts";

const folder = mkdtempSync(join(tmpdir(), "cofactor-features-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const read = (name: string, content: string | Uint8Array, items = 3) => readItemFeatures(write(name, content), items);
const refusal = (name: string, content: string | Uint8Array): { code: string; message: string } => {
  try {
    read(name, content);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("expected a refusal");
};

/** An array as NumPy writes it. */
function npy(descr: string, shape: string, data: Float32Array | Float64Array, order = "False"): Uint8Array {
  const head = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117, " ");
  const bytes = new Uint8Array(10 + head.length + 1 + data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, head.length + 1, true);
  bytes.set(new TextEncoder().encode(`${head}\n`), 10);
  bytes.set(new Uint8Array(data.buffer), 11 + head.length);
  return bytes;
}

describe("features from .csv", () => {
  it("stand in the rows of their items; items that are left out have zeros", () => {
    expect(read("a.csv", "\uFEFFitem,year,sweet\r\n2,-0.5,1\n\n0,1e-1,0\n")).toEqual({
      count: 2,
      values: Float64Array.of(0.1, 0, 0, 0, -0.5, 1),
    });
  });

  it.each([
    ["", /header/],
    ["item\n0\n", /line 1: expected an item column/],
    ["item,a\n0,1,2\n", /line 2: expected 2 numbers/],
    ["item,a\n0,\n", /line 2: expected 2 numbers/],
    ["item,a\n0,1e999\n", /line 2: expected 2 numbers/],
    ["item,a\n3,1\n", /line 2: expected an item from 0 to 2/],
    ["item,a\n0.5,1\n", /line 2: expected an item/],
    ["item,a\n1,1\n\n1,2\n", /line 4: item 1 stands above already/],
  ])("are refused with their line: %j", (text, message) => {
    expect(refusal("bad.csv", text)).toMatchObject({ code: "DATA_INVALID", message: expect.stringMatching(message) as string });
  });
});

describe("features from .npy", () => {
  it("are read as float32 and float64, whatever their place in memory", () => {
    const numbers = [0.5, -2, 3, 0.25, 1, 0];
    for (const [descr, data] of [
      ["<f4", Float32Array.from(numbers)],
      ["<f8", Float64Array.from(numbers)],
    ] as const) {
      expect(read("a.npy", npy(descr, "(3, 2)", data))).toEqual({ count: 2, values: Float64Array.from(numbers) });
    }
  });

  it("are refused when they are no such table", () => {
    const data = Float64Array.of(1, 2, 3);
    const bad: [Uint8Array, RegExp][] = [
      [new Uint8Array(4), /head/],
      [npy("<f8", "(3, 1)", data).subarray(0, 40), /whole head/],
      [npy("<i8", "(3, 1)", data), /float32 or float64/],
      [npy(">f8", "(3, 1)", data), /float32 or float64/],
      [npy("<f8", "(3, 1)", data, "True"), /C order/],
      [npy("<f8", "(3,)", data), /3 rows/],
      [npy("<f8", "(4, 1)", data), /3 rows/],
      [npy("<f8", "(3, 2)", data), /6 numbers/],
      [npy("<f8", "(3, 0)", new Float64Array(0)), /1 to 1000 features/],
      [npy("<f8", "(3, 1)", Float64Array.of(1, Number.NaN, 2)), /finite/],
    ];
    for (const [bytes, message] of bad) {
      expect(refusal("bad.npy", bytes)).toMatchObject({ code: "DATA_INVALID", message: expect.stringMatching(message) as string });
    }
  });
});

describe("features from .jsonl", () => {
  it("are weighed tags and words; a tag is one term, and no word of a text", () => {
    const lines = [
      '{ "item": 0, "tags": ["Full bodied"], "text": "red, from Chile" }',
      '{ "item": 1, "tags": ["full bodied", "red"] }',
      '{ "item": 2, "text": "Red Chile" }',
    ];
    const [half, third] = [Math.sqrt(1 / 2), Math.sqrt(1 / 3)];
    // "#full bodied" of 0 and 1, "chile" and "red" of 0 and 2.
    const { count, values } = read("a.jsonl", `${lines.join("\n")}\n`);
    expect(count).toBe(3);
    expect([...values]).toEqual([third, third, third, 1, 0, 0, 0, half, half].map((value) => expect.closeTo(value, 12) as number));
  });

  it.each([
    ["{", /line 1/],
    ['{ "item": 0, "tag": ["red"] }', /line 1: expected an object/],
    ['{ "item": "0", "tags": ["red"] }', /line 1: expected an object/],
    ['{ "item": 7, "tags": ["red"] }', /line 1: expected an item from 0 to 2/],
    ['{ "item": 0, "tags": ["red"] }\n{ "item": 0 }', /line 2: item 0 stands above already/],
    ['{ "item": 0, "tags": ["red"] }\n{ "item": 1, "tags": ["white"] }', /several items have/],
  ])("are refused with their line: %j", (text, message) => {
    expect(refusal("bad.jsonl", text)).toMatchObject({ code: "DATA_INVALID", message: expect.stringMatching(message) as string });
  });
});

it("refuses a file that is not there, is no text, or has another name, by a coded error", () => {
  expect(() => readItemFeatures(join(folder, "none.csv"), 3)).toThrow(/cannot be read/);
  expect(refusal("a.parquet", "x")).toMatchObject({ code: "DATA_INVALID", message: expect.stringContaining(".npy") as string });
  expect(refusal("b.csv", Uint8Array.of(0xff, 0xfe, 0x41))).toMatchObject({ code: "DATA_INVALID" });
});
