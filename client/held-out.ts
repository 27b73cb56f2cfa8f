/**
 * What a device keeps aside of its ratings in a run that is judged on devices: chosen before the first contribution, kept in the store for the
 * run's whole life, never trained on. Imports shared, ratings, vault.
 */
import { holdOuts } from "../shared/evaluation/hold-outs/index.ts";
import type { UserRatings } from "../shared/math/ratings.ts";
import { resolveSection } from "../shared/registry.ts";
import type { Run } from "../shared/run.ts";
import { type OwnRatings, withinCatalogue } from "./ratings.ts";
import type { Vault } from "./vault.ts";

/** A user's ratings of a run's items, in two parts. */
export interface SplitRatings {
  readonly training: UserRatings;
  /** Empty where the terms ask for no evaluation, or the user has too few ratings. */
  readonly heldOut: UserRatings;
}

/**
 * The ratings of a run's items in two parts.
 *
 * Guarantees: what was once held out in this run is never part of `training`, also after `leave`; what was trained on is never held out: of ratings
 * that come later none is.
 * @param secret the device's own, for ways that draw
 */
export async function splitRatings(own: OwnRatings, run: Run, vault: Vault, secret: () => Uint8Array): Promise<SplitRatings> {
  const ratings = withinCatalogue(own.ratings, run.terms.items);
  const none = { items: ratings.items.subarray(0, 0), values: ratings.values.subarray(0, 0) };
  const terms = run.terms.evaluation;
  if (terms === undefined) return { training: ratings, heldOut: none };
  let chosen = await vault.heldOut();
  if (chosen === undefined) {
    const { definition, options } = resolveSection(holdOuts, { ...terms.holdOut }, "terms.evaluation.holdOut");
    const listed = { items: ratings.items, positions: own.positions.subarray(0, ratings.items.length) };
    const places = ratings.items.length < options.least ? [] : definition.choose(options, listed, secret(), run.terms.id);
    await vault.saveHeldOut(Int32Array.from(places, (place) => ratings.items[place]!));
    // As it stands in the store: another window may have chosen at the same time.
    chosen = (await vault.heldOut())!;
  }
  const isHeldOut = new Set(chosen);
  const pick = (wanted: boolean): UserRatings => {
    const places = [...ratings.items.keys()].filter((place) => isHeldOut.has(ratings.items[place]!) === wanted);
    return {
      items: Int32Array.from(places, (place) => ratings.items[place]!),
      values: Float64Array.from(places, (place) => ratings.values[place]!),
    };
  };
  return { training: pick(false), heldOut: pick(true) };
}
