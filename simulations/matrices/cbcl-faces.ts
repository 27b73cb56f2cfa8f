/** CBCL's faces, from a folder: no licence is stated, so none are bundled. Imports the seam, raw-matrix, valibot. */
import * as v from "valibot";
import { type MatrixDefinition, scaledToOne, thinned } from "./matrix.ts";
import { readRawMatrix } from "./raw-matrix.ts";

/** Options of the loader. */
export interface CbclFacesOptions {
  readonly kind: "cbcl-faces";
  /** The folder with V.u8.bin and meta.json. */
  readonly path: string;
  readonly columns: number;
}

/** Faces, a column each. */
export const cbclFaces: MatrixDefinition<CbclFacesOptions> = {
  kind: "cbcl-faces",
  summary: "2,429 faces of 361 pixels, from a folder of yours.",
  source: "MIT Center for Biological and Computation Learning, CBCL Face Database #1; Lee and Seung 1999, https://doi.org/10.1038/44565",
  options: v.strictObject({
    kind: v.literal("cbcl-faces"),
    path: v.pipe(v.string(), v.minLength(1)),
    columns: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 2429),
  }),
  async load({ path, columns }) {
    // A picture is a row of the file, and a column of the matrix: the same bytes.
    const { values, rows, columns: pixels, sha256 } = await readRawMatrix(path, "V.u8.bin", ["images", "pixels"], 1);
    return { name: "cbcl-faces", sha256, ...thinned({ rows: pixels, count: rows, values: scaledToOne(values) }, columns) };
  },
};
