/** Catalogues in memory. Imports the seam. */
import type { ItemOrder } from "../../shared/catalogue/step.ts";
import { type CatalogueStore, type KeptCatalogue, keptDeltas, keptModels, type PublishedCatalogue } from "../store.ts";

interface Kept {
  readonly versions: Map<number, KeptCatalogue>;
  readonly orders: Map<number, ItemOrder>;
  seq: number;
}

/** Catalogues that end with their process. */
export class MemoryCatalogues implements CatalogueStore {
  readonly #runs = new Map<string, Kept>();

  async order(run: string, orders: readonly Omit<ItemOrder, "seq">[]): Promise<void> {
    const kept = this.#of(run);
    for (const { kind, id } of orders) kept.orders.set(++kept.seq, { seq: kept.seq, kind, id });
  }

  async orders(run: string): Promise<ItemOrder[]> {
    return [...this.#of(run).orders.values()];
  }

  async whole(run: string, version: number): Promise<Uint8Array | undefined> {
    const { versions } = this.#of(run);
    const newest = Math.max(...versions.keys());
    return version > newest - keptModels ? versions.get(version)?.whole : undefined;
  }

  async deltas(run: string, from: number, to: number): Promise<Uint8Array[] | undefined> {
    const { versions } = this.#of(run);
    const found: Uint8Array[] = [];
    for (let version = from + 1; version <= to; version++) {
      const delta = versions.get(version)?.delta;
      if (delta === undefined) return undefined;
      found.push(delta);
    }
    return found;
  }

  /** With the publication that it comes with. */
  publish(run: string, { version, whole, delta, taken }: PublishedCatalogue): void {
    const { versions, orders } = this.#of(run);
    if (!versions.has(version)) versions.set(version, { version, whole, delta });
    for (const old of versions.keys()) if (old <= version - keptDeltas) versions.delete(old);
    for (const seq of taken) orders.delete(seq);
  }

  /** All versions, ascending, as far as they are kept. */
  versions(run: string): KeptCatalogue[] {
    const { versions } = this.#of(run);
    const newest = Math.max(...versions.keys());
    return [...versions.values()]
      .toSorted((a, b) => a.version - b.version)
      .map((kept) => (kept.version > newest - keptModels ? kept : { ...kept, whole: undefined }));
  }

  /** Takes in what was kept elsewhere. */
  restore(run: string, catalogues: readonly KeptCatalogue[]): void {
    const { versions } = this.#of(run);
    for (const kept of catalogues) versions.set(kept.version, kept);
  }

  #of(run: string): Kept {
    const known = this.#runs.get(run) ?? { versions: new Map(), orders: new Map(), seq: 0 };
    this.#runs.set(run, known);
    return known;
  }
}
