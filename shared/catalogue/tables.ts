/** Flat vectors that are made of items' rows throughout: copying and clearing rows. Imports errors, models' types. */
import { CofactorError } from "../errors.ts";
import { type ParameterSpec, sizeOf } from "../models/model.ts";

/** Where the rows of a vector lie. */
export interface RowTable {
  /** Values in all. */
  readonly size: number;
  readonly tensors: readonly { readonly at: number; readonly width: number }[];
}

/** @throws CofactorError CONFIG_INVALID when a tensor is not made of items' rows */
export function rowTable(kind: string, what: string, spec: ParameterSpec, items: number): RowTable {
  let at = 0;
  const tensors = spec
    .filter((tensor) => sizeOf([tensor]) > 0)
    .map((tensor) => {
      if (tensor.shape[0] !== items) {
        throw new CofactorError(
          "CONFIG_INVALID",
          `"terms.catalogue" expected a model whose ${what} is made of ${items} items' rows, got tensor "${tensor.name}" of ${tensor.shape.join(" x ")} in "${kind}"; nearest: model fcf or als, optimizer adam`,
        );
      }
      const placed = { at, width: sizeOf([tensor]) / items };
      at += sizeOf([tensor]);
      return placed;
    });
  return { size: at, tensors };
}

/** Writes one row of `from` over the same row of `to`. */
export function copyRow({ tensors }: RowTable, row: number, from: Float64Array, to: Float64Array): void {
  for (const { at, width } of tensors) {
    const start = at + row * width;
    for (let i = start; i < start + width; i++) to[i] = from[i]!;
  }
}

/** Makes one row zeros. */
export function clearRow({ tensors }: RowTable, row: number, values: Float64Array): void {
  for (const { at, width } of tensors) values.fill(0, at + row * width, at + (row + 1) * width);
}
