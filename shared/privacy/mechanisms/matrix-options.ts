/** What terms say of the matrix mechanism. Imports valibot, the factorizations' types. */
import * as v from "valibot";
import type { Objective } from "../matrix/factorization.ts";

/** Options of the matrix mechanism. */
export interface MatrixOptions {
  readonly kind: "matrix";
  /** Which strategy, by its kind and options: see the factorizations. */
  readonly factorization: { readonly kind: string; readonly [option: string]: unknown };
  /** What the server makes of the sums: they are added up, with this momentum and step sizes that fall over the last part of the rounds. */
  readonly workload: { readonly momentum: number; readonly cooldown: number };
  /** Whether the largest or the mean error over the rounds is made small. */
  readonly objective: Objective;
}

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(0.999));

/** The schema of the options. */
export const matrixOptions: v.GenericSchema<unknown, MatrixOptions> = v.strictObject({
  kind: v.literal("matrix"),
  factorization: v.optional(v.looseObject({ kind: v.string() }), { kind: "blt" }),
  workload: v.optional(v.strictObject({ momentum: v.optional(share, 0), cooldown: v.optional(share, 0) }), {}),
  objective: v.optional(v.picklist(["max", "mean"]), "max"),
});
