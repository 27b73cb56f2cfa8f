/** What the sum of a temporal run must be, from what its devices remember. */

import type { ClientStore } from "../../client/index.ts";
import { Vault } from "../../client/vault.ts";
import type { UserRatings } from "../../shared/math/ratings.ts";
import type { ContributionRange } from "../../shared/models/model.ts";
import { type Model, sizeOf, tensorOf } from "../../shared/models/model.ts";
import { PrivatePart } from "../../shared/models/private-part.ts";

/** What a temporal private part says of its device. */
export interface Remembered {
  readonly own: PrivatePart;
  readonly ratings: UserRatings;
}

/** Opens a temporal private part. */
export function rememberedBy({ values }: PrivatePart): Remembered {
  const from = 2 + values[1]!;
  const count = (values.length - from) / 2;
  return {
    own: new PrivatePart(values.slice(2, from)),
    ratings: { items: Int32Array.from(values.slice(from, from + count)), values: values.slice(from + count) },
  };
}

/** The sum of the devices' latest statistics, each rounded to the range's steps and clamped to half of it. */
export function sumOfRemembered(inner: Model, parts: readonly PrivatePart[], { maxAbs, fractionBits }: ContributionRange): Float64Array {
  const sum = new Float64Array(sizeOf(inner.parameters.contribution));
  const out = new Float64Array(sum.length);
  const scale = 2 ** fractionBits;
  for (const part of parts) {
    const { own, ratings } = rememberedBy(part);
    inner.statistics!(own, ratings, out);
    for (let at = 0; at < sum.length; at++) {
      const bounded = Math.max(-maxAbs / 2, Math.min(maxAbs / 2, out[at]!));
      sum[at] = sum[at]! + (bounded < 0 ? -Math.round(-bounded * scale) : Math.round(bounded * scale)) / scale;
    }
  }
  return sum;
}

/** The sum that a server's state holds. @param model the temporal one */
export function sumInState(model: Model, inner: Model, state: Float64Array): Float64Array {
  return Float64Array.from(
    inner.parameters.contribution.flatMap(({ name }) => [...tensorOf(state, model.parameters.state, `latest:${name}`)]),
  );
}

/** How many people a server's sum is of. */
export function peopleInState(model: Model, state: Float64Array): number {
  return tensorOf(state, model.parameters.state, "latest:people")[0]!;
}

/** What a device's store holds of its last counted contribution. */
export async function memoryOf(
  store: ClientStore,
  run: string,
): Promise<{ readonly part: PrivatePart | undefined; readonly counted: number }> {
  const vault = new Vault(store, run);
  return { part: await vault.privatePart(), counted: await vault.counted() };
}
