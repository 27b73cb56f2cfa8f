/** Jasper Ridge's hyperspectral picture, from a folder: no licence is stated, so it is not bundled. Imports the seam, raw-matrix, valibot. */
import * as v from "valibot";
import { type MatrixDefinition, scaledToOne, thinned } from "./matrix.ts";
import { readRawMatrix } from "./raw-matrix.ts";

/** Options of the loader. */
export interface JasperRidgeOptions {
  readonly kind: "jasper-ridge";
  /** The folder with Y.u16le.bin and meta.json. */
  readonly path: string;
  readonly columns: number;
}

/** Pixels of 198 bands, a column each. */
export const jasperRidge: MatrixDefinition<JasperRidgeOptions> = {
  kind: "jasper-ridge",
  summary: "10,000 pixels of 198 bands seen from the air, from a folder of yours.",
  source: "AVIRIS Jasper Ridge; Zhu et al. 2014, https://doi.org/10.1109/TIP.2014.2363423",
  options: v.strictObject({
    kind: v.literal("jasper-ridge"),
    path: v.pipe(v.string(), v.minLength(1)),
    columns: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 10_000),
  }),
  async load({ path, columns }) {
    const { values, rows: bands, columns: pixels, sha256 } = await readRawMatrix(path, "Y.u16le.bin", ["bands", "pixels"], 2);
    const turned = new Float64Array(values.length);
    for (let band = 0; band < bands; band++) {
      for (let pixel = 0; pixel < pixels; pixel++) turned[pixel * bands + band] = values[band * pixels + pixel]!;
    }
    return { name: "jasper-ridge", sha256, ...thinned({ rows: bands, count: pixels, values: scaledToOne(turned) }, columns) };
  },
};
