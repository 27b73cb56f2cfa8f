/** Option schemas that adversaries share. Imports the seam and valibot. */
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import type { AdversarySetting } from "./adversary.ts";

/** A number above zero. */
export function positive(fallback: number): v.GenericSchema<number | undefined, number> {
  return v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0)), fallback);
}

/** A number from 0 to 1. */
export function share(fallback: number): v.GenericSchema<number | undefined, number> {
  return v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), fallback);
}

/** Item numbers. */
export const itemList: v.GenericSchema<number[] | undefined, number[] | undefined> = v.optional(
  v.pipe(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), v.minLength(1), v.maxLength(100)),
);

/** Whose vectors colluders know: their own, as the source assumes, or everyone's. */
export const knowledge: v.GenericSchema<"colluders" | "everyone" | undefined, "colluders" | "everyone"> = v.optional(
  v.picklist(["colluders", "everyone"]),
  "colluders",
);

/**
 * [n] the targets that options name, ascending; one that is drawn where they name none, the same for every section of a scenario: of the items that
 * somebody rated, from the half that fewest rated.
 * @throws CofactorError CONFIG_INVALID for an item that there is not
 */
export function targetsOf(chosen: readonly number[] | undefined, setting: AdversarySetting): Int32Array {
  const { items } = setting;
  const beyond = chosen?.find((item) => item >= items);
  if (beyond !== undefined) throw new CofactorError("CONFIG_INVALID", `"targets" expected items below ${items}, got ${beyond}`);
  if (chosen !== undefined) return Int32Array.from(new Set(chosen)).sort();
  const { counts, byPopularity } = setting.facts();
  const rated = byPopularity.filter((item) => counts[item]! > 0);
  const rare = rated.subarray(rated.length >> 1);
  return Int32Array.of(rare.length === 0 ? 0 : rare[setting.common.fork("target").below(rare.length)]!);
}
