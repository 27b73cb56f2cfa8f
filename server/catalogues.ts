/** The catalogues that devices follow: as deltas from the version that they have, or whole, in chunks. Imports the store, shared. */
import { packDeltas } from "../shared/catalogue/follow.ts";
import { CofactorError } from "../shared/errors.ts";
import { maxPayloadBytes } from "../shared/transport.ts";
import type { AnswerHeader, RequestHeader } from "../shared/wire/messages.ts";
import type { Store } from "./store.ts";

/** How many answers are remembered: devices that follow a publication ask for the same few. */
const remembered = 16;

/** Hands out catalogues. */
export class PublishedCatalogues {
  readonly #store: Store;
  readonly #run: string;
  readonly #made = new Map<string, { readonly encoding: "deltas" | "whole"; readonly bytes: Uint8Array }>();

  constructor(store: Store, run: string) {
    this.#store = store;
    this.#run = run;
  }

  /**
   * The piece at `offset` of what leads to a version.
   * @throws CofactorError ROUND_STALE when neither the version nor the deltas to it are kept, MESSAGE_MALFORMED for an offset beyond the end
   */
  async piece({
    version,
    base,
    offset,
  }: RequestHeader<"catalogue">): Promise<{ readonly header: AnswerHeader<"catalogue">; readonly bytes: Uint8Array }> {
    const { encoding, bytes } = await this.#find(version, base);
    if (offset >= bytes.length) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected less than ${bytes.length}, got ${offset}`);
    return { header: { encoding, total: bytes.length }, bytes: bytes.subarray(offset, offset + maxPayloadBytes) };
  }

  async #find(version: number, base: number | undefined): Promise<{ readonly encoding: "deltas" | "whole"; readonly bytes: Uint8Array }> {
    const key = `${version} ${base}`;
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const { catalogue } = this.#store;
    const whole = await catalogue.whole(this.#run, version);
    const deltas = base === undefined || base >= version ? undefined : await catalogue.deltas(this.#run, base, version);
    const packed = deltas === undefined ? undefined : packDeltas(deltas);
    const isShorter = packed !== undefined && (whole === undefined || packed.length < whole.length);
    const bytes = isShorter ? packed : whole;
    if (bytes === undefined) {
      throw new CofactorError("ROUND_STALE", "this catalogue is no longer kept: follow the newest model's", { retryable: true });
    }
    const made = { encoding: isShorter ? ("deltas" as const) : ("whole" as const), bytes };
    this.#made.set(key, made);
    for (const old of [...this.#made.keys()].slice(0, -remembered)) this.#made.delete(old);
    return made;
  }
}
