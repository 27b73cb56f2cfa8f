/** The model of a run: where it stands, how a revealed sum becomes the next one, and what is made durable with it. Imports shared, store. */
import { type Catalogue, encodeCatalogue } from "../shared/catalogue/catalogue.ts";
import { takeWhole } from "../shared/catalogue/follow.ts";
import { beginCatalogue, type CatalogueStep, stepCatalogue } from "../shared/catalogue/step.ts";
import { CofactorError } from "../shared/errors.ts";
import type { RoundQuality } from "../shared/evaluation/evaluation.ts";
import type { Aggregate, ModelState } from "../shared/models/model.ts";
import type { LedgerEntry } from "../shared/privacy/ledger.ts";
import type { Rng, SecureRng } from "../shared/random.ts";
import { createReleaser, type Releaser } from "../shared/release.ts";
import { advanceModel, qualityOf, type Run } from "../shared/run.ts";
import type { ModelRef } from "../shared/wire/messages.ts";
import { decodeModel, toPrecision } from "../shared/wire/model-codec.ts";
import { packModel } from "./models.ts";
import type { Driver, Publication, RoundRecord, Store } from "./store.ts";

/** What a publisher works with. */
export interface PublisherParts {
  readonly run: Run;
  readonly store: Store;
  readonly driver: Driver;
  readonly secure: SecureRng;
  /** What the first model is drawn from, when the store has none. */
  readonly modelRng: Rng;
  /** The items that are known and live from the start, when the store has none. */
  readonly items: readonly string[];
  /** [shared size] what the first model is instead, when the store has none. */
  readonly firstModel?: Float64Array | undefined;
}

/** A model that is ready to be published. */
export interface NextModel {
  readonly ref: ModelRef;
  readonly state: ModelState;
  readonly publication: Publication;
  /** What the round's devices found about the model before it. */
  readonly quality: RoundQuality | undefined;
  readonly catalogue: Catalogue | undefined;
}

/** Owns the newest published model, and its catalogue where items come and go. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #releaser: Releaser;
  #model: ModelState;
  #ref: ModelRef;
  #catalogue: Catalogue | undefined;

  private constructor(parts: PublisherParts, releaser: Releaser, model: ModelState, ref: ModelRef, catalogue: Catalogue | undefined) {
    this.#parts = parts;
    this.#releaser = releaser;
    this.#model = model;
    this.#ref = ref;
    this.#catalogue = catalogue;
  }

  /**
   * Loads the newest model of the run, or makes the first and publishes it as round 0.
   * @throws CofactorError SHAPE_MISMATCH, VALUE_NOT_FINITE for a first model that is none of the run's; CONFIG_INVALID for one where items come
   *   and go; STORE_FAILED when the store's catalogue is not the one that its model names
   */
  static async open(parts: PublisherParts): Promise<Publisher> {
    const { run, store, driver, secure } = parts;
    const { id, precision } = run.terms;
    const latest = await store.latest(id);
    const releaser = await createReleaser(run, secure, latest?.noise);
    if (latest !== undefined) {
      const model = { shared: decodeModel(latest.model, run.sharedSize, precision), state: latest.state, round: latest.advanced };
      const ref = { sha256: latest.sha256, bytes: latest.model.length, round: latest.round };
      return new Publisher(parts, releaser, model, ref, await loadCatalogue(run, store, model));
    }
    const begun = run.catalogue === undefined ? undefined : await beginCatalogue(run.catalogue, parts.items, parts.modelRng);
    const initial = begun?.state ?? run.model.initialize(parts.modelRng);
    const model = { ...initial, shared: toPrecision(firstModel(parts) ?? initial.shared, precision) };
    const { ref, bytes } = await packModel(model.shared, precision, 0);
    const publication = { round: 0, advanced: 0, sha256: ref.sha256, model: bytes, state: model.state };
    await store.publish(driver, { ...publication, ...publishedCatalogue(begun) }, undefined);
    return new Publisher(parts, releaser, model, ref, begun?.catalogue);
  }

  /** The newest published model's state. */
  get model(): ModelState {
    return this.#model;
  }

  /** Its name. */
  get ref(): ModelRef {
    return this.#ref;
  }

  /** Its catalogue, where items come and go. */
  get catalogue(): Catalogue | undefined {
    return this.#catalogue;
  }

  /** Standard deviation of the noise on the sum released last, by this process. */
  get noiseStddev(): number | undefined {
    return this.#releaser.noiseStddev;
  }

  /**
   * What a round's revealed sums, one for each group, make of the model: noised first where the terms promise it; then of the catalogue, with the orders that are there.
   * Nothing is published yet.
   * @param contributors whose contributions are in the sum
   */
  async advance(revealed: readonly Aggregate[], round: number, contributors: readonly string[]): Promise<NextModel> {
    const { run, store } = this.#parts;
    const { id, precision } = run.terms;
    const released = this.#releaser.release(revealed, round);
    const advanced = advanceModel(run, this.#model, released, round);
    const quality = qualityOf(run, released, round, this.#ref.round);
    const step =
      run.catalogue === undefined
        ? undefined
        : await stepCatalogue(run.catalogue, this.#catalogue!, advanced, await store.catalogue.orders(id));
    const state = step?.state ?? advanced;
    const { ref, bytes } = await packModel(state.shared, precision, round);
    const noise = this.#releaser.exportState();
    const publication = {
      round,
      advanced: state.round,
      sha256: ref.sha256,
      model: bytes,
      state: state.state,
      ...publishedCatalogue(step),
      ...(noise === undefined ? {} : { noise }),
      ...(run.model.isCumulative === true ? { counts: contributors } : {}),
    };
    return { ref, state, quality, publication, catalogue: step?.catalogue };
  }

  /** Makes a model durable with its round's record and ledger entry, the secret state of its noise included; only then is it the newest. */
  async publish({ ref, state, publication, catalogue }: NextModel, record: RoundRecord, entry: LedgerEntry | undefined): Promise<void> {
    await this.#parts.store.publish(this.#parts.driver, publication, record, entry);
    this.#model = state;
    this.#ref = ref;
    this.#catalogue = catalogue;
  }
}

function publishedCatalogue(step: CatalogueStep | undefined): Pick<Publication, "catalogue"> {
  if (step === undefined) return {};
  const { catalogue, delta, taken } = step;
  return { catalogue: { version: catalogue.version, whole: encodeCatalogue(catalogue), delta, taken } };
}

/** The catalogue that a model names; undefined where items stay. @throws CofactorError STORE_FAILED when it is another one */
export async function loadCatalogue(run: Run, store: Store, { shared }: ModelState): Promise<Catalogue | undefined> {
  if (run.catalogue === undefined) return undefined;
  const mark = run.catalogue.model.markOf(shared);
  const whole = await store.catalogue.whole(run.terms.id, mark.version);
  try {
    return await takeWhole(whole ?? new Uint8Array(0), run.terms.items, mark);
  } catch (cause) {
    throw new CofactorError("STORE_FAILED", "the store's catalogue is not the one that its model names: the file is damaged", { cause });
  }
}

function firstModel({ run, firstModel: values }: PublisherParts): Float64Array | undefined {
  if (values === undefined) return undefined;
  if (run.catalogue !== undefined)
    throw new CofactorError("CONFIG_INVALID", '"firstModel" expected none where items come and go: its rows would be other items\'');
  if (values.length !== run.sharedSize)
    throw new CofactorError("SHAPE_MISMATCH", `"firstModel" expected ${run.sharedSize} values, got ${values.length}`);
  if (!values.every(Number.isFinite)) throw new CofactorError("VALUE_NOT_FINITE", '"firstModel" expected finite values');
  return values;
}
