/**
 * Public features of the items from an operator's file: numbers, or tags and texts that become weighed terms. Imports errors, shared/math,
 * valibot, node:fs. Whatever the file holds, what comes out has one finite row for each item of the catalogue, or is refused with its place.
 */
import { readFileSync, statSync } from "node:fs";
import { extname } from "node:path";
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import { termVectors, wordsOf } from "../shared/math/tf-idf.ts";
import type { ItemFeatures } from "../shared/models/model.ts";
import { readNpy } from "./npy.ts";

/** Terms may name so many features at most: see shared/terms.ts. */
const maxFeatures = 1_000;
/** Of tags and words the most common stay. */
const maxTerms = 256;
const maxBytes = 2 ** 30;

type Reader = (bytes: Uint8Array, items: number) => ItemFeatures;

const readers: Readonly<Record<string, Reader>> = { ".csv": readNumbers, ".npy": readNpy, ".jsonl": readTerms };

/**
 * Reads features by what the file's name ends in:
 * `.csv`, a header, then lines of an item's number and as many numbers as the header names; `.npy`, an array [items x count] of float32 or
 * float64; `.jsonl`, lines of `{ "item": 3, "tags": ["red", "Chile"], "text": "full bodied" }`, of which tags or text may be absent.
 * Items that a `.csv` or `.jsonl` leaves out have zeros.
 *
 * @throws CofactorError DATA_INVALID naming file and line
 */
export function readItemFeatures(path: string, items: number): ItemFeatures {
  const read = readers[extname(path).toLowerCase()];
  if (read === undefined) throw invalid(`"${path}" expected a name that ends in ${Object.keys(readers).join(", ")}`);
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new RangeError(`${size} bytes are more than ${maxBytes}`);
    bytes = readFileSync(path);
  } catch (cause) {
    throw invalid(`the features file "${path}" cannot be read`, cause);
  }
  try {
    const features = read(bytes, items);
    if (features.count < 1 || features.count > maxFeatures)
      throw new RangeError(`expected 1 to ${maxFeatures} features, got ${features.count}`);
    if (!features.values.every(Number.isFinite)) throw new RangeError("expected finite numbers alone");
    return features;
  } catch (cause) {
    throw invalid(`${path}: ${cause instanceof Error ? cause.message : "cannot be read"}`, cause);
  }
}

function invalid(message: string, cause?: unknown): CofactorError {
  return new CofactorError("DATA_INVALID", message, cause === undefined ? {} : { cause });
}

/** The lines that hold something, with their numbers from 1. @throws TypeError for bytes that are no UTF-8 */
function linesOf(bytes: Uint8Array): [line: number, text: string][] {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  return text
    .split(/\r?\n/)
    .map((line, index): [number, string] => [index + 1, line])
    .filter(([, line]) => line.trim() !== "");
}

/** Checks that an item is one of the catalogue, and new. */
function claim(taken: Uint8Array, item: number, line: number): void {
  if (!Number.isInteger(item) || item < 0 || item >= taken.length) {
    throw new RangeError(`line ${line}: expected an item from 0 to ${taken.length - 1}`);
  }
  if (taken[item] === 1) throw new RangeError(`line ${line}: item ${item} stands above already`);
  taken[item] = 1;
}

function readNumbers(bytes: Uint8Array, items: number): ItemFeatures {
  const [header, ...lines] = linesOf(bytes);
  if (header === undefined) throw new RangeError("expected a header line, got an empty file");
  const count = header[1].split(",").length - 1;
  if (count < 1 || count > maxFeatures) throw new RangeError(`line ${header[0]}: expected an item column and 1 to ${maxFeatures} others`);
  const values = new Float64Array(items * count);
  const taken = new Uint8Array(items);
  for (const [line, text] of lines) {
    const cells = text.split(",").map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
    if (cells.length !== count + 1 || !cells.every(Number.isFinite)) throw new RangeError(`line ${line}: expected ${count + 1} numbers`);
    claim(taken, cells[0]!, line);
    values.set(cells.slice(1), cells[0]! * count);
  }
  return { count, values };
}

const termLine = v.strictObject({
  item: v.number(),
  tags: v.optional(v.array(v.pipe(v.string(), v.maxLength(200))), []),
  text: v.optional(v.string(), ""),
});

function readTerms(bytes: Uint8Array, items: number): ItemFeatures {
  const terms: string[][] = Array.from({ length: items }, () => []);
  const taken = new Uint8Array(items);
  for (const [line, text] of linesOf(bytes)) {
    const { item, tags, text: prose } = parseLine(text, line);
    claim(taken, item, line);
    // A tag is one term whatever it holds; the sign keeps it apart from a word of the text.
    terms[item] = [...tags.map((tag) => `#${tag.normalize("NFKC").trim().toLowerCase()}`), ...wordsOf(prose)];
  }
  const { count, values } = termVectors(terms, maxTerms);
  if (count === 0) throw new RangeError("expected a tag or word that several items have");
  return { count, values };
}

function parseLine(text: string, line: number): v.InferOutput<typeof termLine> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), termLine), text);
  if (parsed.success) return parsed.output;
  throw new RangeError(`line ${line}: expected an object of item, and tags or text`);
}
