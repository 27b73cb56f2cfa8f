/** The published models that devices pull: whole or as a difference, made once and handed out in chunks. Imports the store and wire. */
import { digestOf } from "../shared/crypto/hash.ts";
import { CofactorError } from "../shared/errors.ts";
import { maxPayloadBytes } from "../shared/transport.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import { encodeDelta, encodeModel, type Precision } from "../shared/wire/model-codec.ts";
import type { Store } from "./store.ts";

/** A piece of a published model. */
export interface ModelPiece {
  readonly encoding: "full" | "delta";
  readonly total: number;
  readonly bytes: Uint8Array;
}

/** A model's values as bytes and by name. */
export async function packModel(
  values: Float64Array,
  precision: Precision,
  round: number,
): Promise<{ readonly ref: ModelRef; readonly bytes: Uint8Array }> {
  const bytes = encodeModel(values, precision);
  return { ref: { sha256: await digestOf(bytes), bytes: bytes.length, round }, bytes };
}

/** How many models are remembered as they were read: devices that follow the rounds ask for the newest, chunk by chunk, and its base. */
const remembered = 2;

/** Hands out published models. */
export class PublishedModels {
  readonly #store: Store;
  readonly #run: string;
  readonly #precision: Precision;
  readonly #models = new Map<string, Promise<Uint8Array | undefined>>();
  readonly #deltas = new Map<string, Promise<Uint8Array | undefined>>();

  constructor(store: Store, run: string, precision: Precision) {
    this.#store = store;
    this.#run = run;
    this.#precision = precision;
  }

  /**
   * The piece at `offset` of a model, as a difference to `base` when that is still kept and smaller.
   * @throws CofactorError ROUND_STALE when the model is no longer kept, MESSAGE_MALFORMED for an offset beyond its end
   */
  async piece(sha256: string, base: string | undefined, offset: number): Promise<ModelPiece> {
    const model = await this.#model(sha256);
    if (model === undefined)
      throw new CofactorError("ROUND_STALE", "this model is no longer kept: pull the newest one", { retryable: true });
    const delta = base === undefined || base === sha256 ? undefined : await this.#delta(base, sha256, model);
    const whole = delta ?? model;
    if (offset >= whole.length) throw new CofactorError("MESSAGE_MALFORMED", `"offset" expected less than ${whole.length}, got ${offset}`);
    return {
      encoding: delta === undefined ? "full" : "delta",
      total: whole.length,
      bytes: whole.subarray(offset, offset + maxPayloadBytes),
    };
  }

  /** Read once while it is asked for; what is not there is asked for anew. */
  async #model(sha256: string): Promise<Uint8Array | undefined> {
    const read = this.#models.get(sha256) ?? this.#store.model(this.#run, sha256);
    this.#models.set(sha256, read);
    for (const old of [...this.#models.keys()].slice(0, -remembered)) this.#models.delete(old);
    const forget = (): void => {
      if (this.#models.get(sha256) === read) this.#models.delete(sha256);
    };
    const model = await read.catch((error: unknown) => {
      forget();
      throw error;
    });
    if (model === undefined) forget();
    return model;
  }

  /** Made once for each pair; only the pairs that end at the model asked for last are remembered. */
  #delta(base: string, sha256: string, model: Uint8Array): Promise<Uint8Array | undefined> {
    const key = `${base} ${sha256}`;
    const known = this.#deltas.get(key);
    if (known !== undefined) return known;
    for (const old of this.#deltas.keys()) if (!old.endsWith(sha256)) this.#deltas.delete(old);
    const delta = this.#makeDelta(base, model);
    this.#deltas.set(key, delta);
    const forget = (): void => {
      if (this.#deltas.get(key) === delta) this.#deltas.delete(key);
    };
    void delta.then((made) => made === undefined && forget(), forget);
    return delta;
  }

  async #makeDelta(base: string, model: Uint8Array): Promise<Uint8Array | undefined> {
    const from = await this.#model(base);
    return from === undefined ? undefined : encodeDelta(from, model, this.#precision);
  }
}
