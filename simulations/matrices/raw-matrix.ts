/** Raw matrices of unsigned integers from a folder: their bytes, with a shape from meta.json. Imports data-file. */
import { join } from "node:path";
import { dataError, readDataFile } from "../datasets/data-file.ts";

/** A raw matrix as it lies in its file. */
export interface RawMatrix {
  /** Row-major. */
  readonly values: Uint8Array | Uint16Array;
  readonly rows: number;
  readonly columns: number;
  readonly sha256: string;
}

/** Reads a matrix. @param keys names of the counts of rows and columns in meta.json */
export async function readRawMatrix(path: string, file: string, keys: readonly [string, string], bytesEach: 1 | 2): Promise<RawMatrix> {
  const meta = await readDataFile(join(path, "meta.json"));
  const data = await readDataFile(join(path, file));
  let shape: Record<string, unknown>;
  try {
    shape = JSON.parse(new TextDecoder().decode(meta.bytes)) as Record<string, unknown>;
  } catch (cause) {
    throw dataError(meta.path, undefined, "expected JSON", cause);
  }
  const [rows, columns] = keys.map((key) => Number(shape[key])) as [number, number];
  if (data.bytes.length !== rows * columns * bytesEach) throw dataError(data.path, undefined, `expected ${keys[0]} x ${keys[1]} values`);
  if (bytesEach === 1) return { values: data.bytes, rows, columns, sha256: data.sha256 };
  const view = new DataView(data.bytes.buffer, data.bytes.byteOffset, data.bytes.length);
  const values = Uint16Array.from({ length: rows * columns }, (_, at) => view.getUint16(2 * at, true));
  return { values, rows, columns, sha256: data.sha256 };
}
