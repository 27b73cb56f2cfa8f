/** Fashion-MNIST: 500 bundled pictures, or those of a folder. Imports the seam, data-file, package-root, valibot. */
import { join } from "node:path";
import * as v from "valibot";
import { dataError, readDataFile } from "../datasets/data-file.ts";
import { bundledPath } from "../package-root.ts";
import { type MatrixDefinition, scaledToOne } from "./matrix.ts";

/** Options of the loader. */
export interface FashionMnistOptions {
  readonly kind: "fashion-mnist";
  /** A folder with images.idx3 and labels.idx1, plain or gzipped; empty takes the bundled ones. */
  readonly path: string;
  /** Pictures to take from the start. */
  readonly columns: number;
}

/** Pictures of clothes, a column each. */
export const fashionMnist: MatrixDefinition<FashionMnistOptions> = {
  kind: "fashion-mnist",
  summary: "Pictures of clothes, 784 pixels each: 500 bundled, or more from a folder.",
  source: "Xiao, Rasul and Vollgraf 2017, https://arxiv.org/abs/1708.07747 (MIT)",
  options: v.strictObject({
    kind: v.literal("fashion-mnist"),
    path: v.optional(v.string(), ""),
    columns: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(70_000)), 500),
  }),
  async load({ path, columns }) {
    const at = (file: string): string => (path === "" ? bundledPath("fashion-mnist-500", file) : join(path, file));
    const images = await readDataFile(at("images.idx3"));
    const labels = await readDataFile(at("labels.idx1"));
    const view = new DataView(images.bytes.buffer, images.bytes.byteOffset, images.bytes.length);
    const count = images.bytes.length < 16 ? 0 : Math.min(columns, view.getUint32(4));
    const rows = count === 0 ? 0 : view.getUint32(8) * view.getUint32(12);
    if (
      count === 0 ||
      view.getUint32(0) !== 2051 ||
      images.bytes.length !== 16 + view.getUint32(4) * rows ||
      labels.bytes.length < 8 + count
    ) {
      throw dataError(images.path, undefined, "expected pictures and labels in IDX form");
    }
    return {
      name: "fashion-mnist",
      rows,
      count,
      values: scaledToOne(images.bytes.subarray(16, 16 + count * rows)),
      groups: Int32Array.from(labels.bytes.subarray(8, 8 + count)),
      sha256: images.sha256,
    };
  },
};
