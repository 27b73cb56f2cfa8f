/** The option that all noise in shares has. Imports valibot. */
import * as v from "valibot";

/** Share of a sum's least number of contributors that may collude, and whose noise does not count: 0.1 unless told. */
export const corruption: v.OptionalSchema<v.GenericSchema<number, number>, 0.1> = v.optional(
  v.pipe(v.number(), v.minValue(0), v.maxValue(0.9)) as v.GenericSchema<number, number>,
  0.1,
);
