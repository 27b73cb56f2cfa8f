/**
 * The newest model's item factors with the items' names, for indexes of vectors elsewhere. Factors of people are not among them: no server has them.
 * Imports shared, the publisher, the seam.
 */
import { phase } from "../shared/catalogue/catalogue.ts";
import { CofactorError } from "../shared/errors.ts";
import { openRun } from "../shared/run.ts";
import { decodeModel } from "../shared/wire/model-codec.ts";
import { writeNpy } from "./npy.ts";
import { loadCatalogue } from "./publisher.ts";
import type { Store } from "./store.ts";

/** Vectors of items: their cosine says how alike two items are to people. */
export interface ItemFactors {
  /** The published round that they are of. */
  readonly round: number;
  /** Names where items come and go, and only of those that are recommended; else the items' numbers. */
  readonly ids: readonly string[];
  /** Numbers of a vector. */
  readonly length: number;
  /** [ids x length], row by row. */
  readonly values: Float64Array;
}

/**
 * Item factors of a run in a store.
 * @throws CofactorError CONFIG_INVALID for a run that is not there, or has no model yet, or whose items have no vectors; STORE_FAILED
 */
export async function readItemFactors(store: Store, id: string): Promise<ItemFactors> {
  const [stored, latest] = [await store.loadRun(id), await store.latest(id)];
  if (stored === undefined) throw new CofactorError("CONFIG_INVALID", `the store has no run "${id}"`);
  if (latest === undefined) throw new CofactorError("CONFIG_INVALID", `run "${id}" has no model yet`);
  const run = await openRun(JSON.parse(stored.terms));
  const shared = decodeModel(latest.model, run.sharedSize, run.terms.precision);
  const vectors = run.model.itemVectors?.(run.model.open(shared));
  if (vectors === undefined) {
    throw new CofactorError("CONFIG_INVALID", `the items of model "${run.model.kind}" have no vectors`);
  }
  const catalogue = await loadCatalogue(run, store, { shared, state: latest.state, round: latest.advanced });
  const all = Array.from({ length: run.terms.items }, (_, row) => row);
  const rows = catalogue === undefined ? all : all.filter((row) => catalogue.phases[row] === phase.live);
  const { length, stride } = vectors;
  const values = new Float64Array(rows.length * length);
  for (const [at, row] of rows.entries()) values.set(vectors.values.subarray(row * stride, row * stride + length), at * length);
  return { round: latest.round, ids: rows.map((row) => catalogue?.ids[row] ?? String(row)), length, values };
}

/** A NumPy array of float32, [items x length], and the items' names, one a line, in the order of its rows. */
export function toNpy({ ids, length, values }: ItemFactors): { readonly array: Uint8Array; readonly names: string } {
  return { array: writeNpy(values, ids.length, length), names: ids.map((id) => `${id}\n`).join("") };
}

/** One object a line: `{"id": ..., "vector": [...]}`. */
export function toJsonLines({ ids, length, values }: ItemFactors): string {
  return ids.map((id, row) => `${JSON.stringify({ id, vector: [...values.subarray(row * length, (row + 1) * length)] })}\n`).join("");
}
