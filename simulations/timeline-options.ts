/** The section `catalogue` of a scenario. Imports shared/catalogue/rules.ts, valibot. */
import * as v from "valibot";
import { type CatalogueTerms, catalogueTerms } from "../shared/catalogue/rules.ts";
import { parseConfig } from "../shared/registry.ts";

/** When the data's items are known, and what lets them in. */
export interface TimelineOptions extends CatalogueTerms {
  /** Rows of the table; by default as many as the data has items. */
  readonly capacity?: number | undefined;
  /** "at-start": all items are live from the first round on; "first-rating": each is a candidate from its first training rating on. */
  readonly arrival: "at-start" | "first-rating";
  /** "last-rating": the operator removes each item behind its last training rating. */
  readonly departure: "never" | "last-rating";
  /** The share of the rounds that the data's time runs over: in those behind them nothing new comes. */
  readonly span: number;
}

const own = v.looseObject({
  capacity: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  arrival: v.optional(v.picklist(["at-start", "first-rating"]), "first-rating"),
  departure: v.optional(v.picklist(["never", "last-rating"]), "never"),
  span: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.75),
});

/** @throws CofactorError CONFIG_INVALID with the path, what was expected, and the nearest known word */
export function parseTimeline(input: unknown): TimelineOptions {
  const { capacity, arrival, departure, span, ...rules } = parseConfig(own, input, "catalogue");
  return { ...(capacity === undefined ? {} : { capacity }), arrival, departure, span, ...parseConfig(catalogueTerms, rules, "catalogue") };
}
