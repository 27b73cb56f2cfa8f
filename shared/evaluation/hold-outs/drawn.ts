/** Ratings drawn by a hash under the device's secret: nobody else knows which. Imports the seam, crypto. */
import { concatenate, toUtf8 } from "../../crypto/encoding.ts";
import { shortDigestOf } from "../../crypto/hash.ts";
import { type HoldOutDefinition, type HoldOutOptions, holdOutSchema } from "./hold-out.ts";

/** Options of holding out at random. */
export interface DrawnOptions extends HoldOutOptions {
  readonly kind: "drawn";
}

/** The ratings whose items have the least hashes under the device's secret. */
export const drawn: HoldOutDefinition<DrawnOptions> = {
  kind: "drawn",
  summary: "Ratings drawn by a hash under the device's own secret.",
  source: "none",
  options: holdOutSchema("drawn"),
  choose({ count }, { items }, secret, label) {
    const hashes = Array.from(items, (item) => shortDigestOf(concatenate(secret, toUtf8(`hold-out ${label} ${item}`))));
    return Int32Array.from(items.keys())
      .sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : 1))
      .subarray(0, count)
      .sort();
  },
};
