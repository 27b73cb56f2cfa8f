/** Contributions that are made of items' rows, tensor by tensor. Imports errors, models' types. */
import { CofactorError } from "../errors.ts";
import { type ParameterSpec, sizeOf, type TensorSpec } from "../models/model.ts";

/** A tensor [items x width] inside a flat vector. */
export interface RowTensor {
  readonly name: string;
  readonly at: number;
  readonly width: number;
}

/** @throws CofactorError CONFIG_INVALID when a tensor is not made of items' rows */
export function rowTensors(kind: string, contribution: ParameterSpec, items: number): readonly RowTensor[] {
  let at = 0;
  return contribution.map((tensor) => {
    if (tensor.shape[0] !== items) {
      throw new CofactorError(
        "CONFIG_INVALID",
        `sharing "${kind}" expected a contribution made of ${items} items' rows, got tensor "${tensor.name}" of ${tensor.shape.join(" x ")}; nearest: sharing all`,
      );
    }
    const width = sizeOf([tensor]) / items;
    const placed = { name: tensor.name, at, width };
    at += items * width;
    return placed;
  });
}

/** The spec of the same tensors with other extents. */
export function specOf(tensors: readonly RowTensor[], shapeOf: (tensor: RowTensor) => readonly number[]): readonly TensorSpec[] {
  return tensors.map((tensor) => ({ name: tensor.name, shape: shapeOf(tensor) }));
}
