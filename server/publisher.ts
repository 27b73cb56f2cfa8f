/** The model of a run: where it stands, how a revealed sum becomes the next one, and what is made durable with it. Imports shared, store. */
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
import type { Publication, RoundRecord, Store } from "./store.ts";

/** What a publisher works with. */
export interface PublisherParts {
  readonly run: Run;
  readonly store: Store;
  readonly secure: SecureRng;
  /** What the first model is drawn from, when the store has none. */
  readonly modelRng: Rng;
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
}

/** Owns the newest published model. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #releaser: Releaser;
  #model: ModelState;
  #ref: ModelRef;

  private constructor(parts: PublisherParts, releaser: Releaser, model: ModelState, ref: ModelRef) {
    this.#parts = parts;
    this.#releaser = releaser;
    this.#model = model;
    this.#ref = ref;
  }

  /**
   * Loads the newest model of the run, or makes the first and publishes it as round 0.
   * @throws CofactorError SHAPE_MISMATCH, VALUE_NOT_FINITE for a first model that is none of the run's
   */
  static async open(parts: PublisherParts): Promise<Publisher> {
    const { run, store, secure } = parts;
    const { id, precision } = run.terms;
    const latest = store.latest(id);
    const releaser = await createReleaser(run, secure, latest?.noise);
    if (latest !== undefined) {
      const model = { shared: decodeModel(latest.model, run.sharedSize, precision), state: latest.state, round: latest.advanced };
      return new Publisher(parts, releaser, model, { sha256: latest.sha256, bytes: latest.model.length, round: latest.round });
    }
    const initial = run.model.initialize(parts.modelRng);
    const model = { ...initial, shared: toPrecision(firstModel(parts) ?? initial.shared, precision) };
    const { ref, bytes } = await packModel(model.shared, precision, 0);
    store.publish(id, { round: 0, advanced: 0, sha256: ref.sha256, model: bytes, state: model.state }, undefined);
    return new Publisher(parts, releaser, model, ref);
  }

  /** The newest published model's state. */
  get model(): ModelState {
    return this.#model;
  }

  /** Its name. */
  get ref(): ModelRef {
    return this.#ref;
  }

  /** Standard deviation of the noise on the sum released last, by this process. */
  get noiseStddev(): number | undefined {
    return this.#releaser.noiseStddev;
  }

  /** What a round's revealed sum makes of the model: noised first where the terms promise it. Nothing is published yet. */
  async advance(revealed: Aggregate, round: number): Promise<NextModel> {
    const { run } = this.#parts;
    const released = this.#releaser.release(revealed, round);
    const state = advanceModel(run, this.#model, released, round);
    const quality = qualityOf(run, released, round, this.#ref.round);
    const { ref, bytes } = await packModel(state.shared, run.terms.precision, round);
    const noise = this.#releaser.exportState();
    const publication = { round, advanced: state.round, sha256: ref.sha256, model: bytes, state: state.state };
    return { ref, state, quality, publication: noise === undefined ? publication : { ...publication, noise } };
  }

  /** Makes a model durable with its round's record and ledger entry, the secret state of its noise included; only then is it the newest. */
  publish({ ref, state, publication }: NextModel, record: RoundRecord, entry: LedgerEntry | undefined): void {
    this.#parts.store.publish(this.#parts.run.terms.id, publication, record, entry);
    this.#model = state;
    this.#ref = ref;
  }
}

function firstModel({ run, firstModel: values }: PublisherParts): Float64Array | undefined {
  if (values === undefined) return undefined;
  if (values.length !== run.sharedSize)
    throw new CofactorError("SHAPE_MISMATCH", `"firstModel" expected ${run.sharedSize} values, got ${values.length}`);
  if (!values.every(Number.isFinite)) throw new CofactorError("VALUE_NOT_FINITE", '"firstModel" expected finite values');
  return values;
}
