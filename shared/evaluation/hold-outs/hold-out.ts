/**
 * The seam for what a device keeps aside of its ratings, to judge models by: chosen once, before its first contribution, and never trained on.
 * May import crypto, random, registry. One file per way; index.ts lists them; the conformance suite proves each.
 */
import * as v from "valibot";
import type { Definition } from "../../registry.ts";

/** What every way of holding out has in common. */
export interface HoldOutOptions {
  readonly kind: string;
  /** How many ratings are kept aside. */
  readonly count: number;
  /** A device with fewer ratings keeps none aside, and contributes zeros to what is measured. More than `count`. */
  readonly least: number;
}

/** A user's ratings as the app lists them. */
export interface ListedRatings {
  /** [n] item indices, ascending. */
  readonly items: Int32Array;
  /** [n] where in the app's list each stands. */
  readonly positions: Int32Array;
}

/** A way's entry in the index. */
export interface HoldOutDefinition<Options extends HoldOutOptions = HoldOutOptions> extends Definition<Options> {
  /**
   * The places in `ratings` to keep aside, ascending: `count` of them.
   *
   * Guarantees: the same ratings and secret give the same places.
   * @param ratings at least `least`
   * @param secret the device's own, never told
   * @param label a public text of the run: another run keeps others aside
   */
  choose(options: Options, ratings: ListedRatings, secret: Uint8Array, label: string): Int32Array;
}

/** Schema of a way without further options. */
export function holdOutSchema<Kind extends string>(kind: Kind): v.GenericSchema<unknown, HoldOutOptions & { readonly kind: Kind }> {
  return v.pipe(
    v.strictObject({
      kind: v.literal(kind),
      count: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(100_000)), 1),
      least: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(2), v.maxValue(1_000_000)), 5),
    }),
    v.check(({ count, least }) => least > count, "expected least above count: a device needs something to train on"),
  ) as v.GenericSchema<unknown, HoldOutOptions & { readonly kind: Kind }>;
}
