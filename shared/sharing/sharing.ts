/**
 * The seam for sharing: which part of a contribution leaves a device, and how the aggregator reads the sum of such parts. May import crypto, math,
 * the models' types, random, registry. One file per policy; index.ts lists them; the conformance suite proves each.
 *
 * A policy is a public linear map of vectors, the same on every device of a round: the sum of encoded vectors is the encoded sum, so that
 * protections and noise know nothing of it. What it leaves out is chosen without a look at anyone's data: which items a person rated is told no
 * more than under `all`. The exception says so: parts that are `scattered` lie at places of each device's own choice. Runs with them need a
 * protection under which the aggregator reads contributions, and can promise no privacy.
 */
import type { ItemFeatures, ParameterSpec } from "../models/model.ts";
import type { Definition } from "../registry.ts";

/** How parts at places of each device's own choice are added up. */
export interface Scattered {
  /** How many numbers at the beginning of a part are places, not values. */
  readonly places: number;
  /** Values of the sum. */
  readonly sumSize: number;
  /** @throws CofactorError UPDATE_REJECTED for places that no device sends; nothing is said of the values */
  check(part: Float64Array): void;
  /** Adds a part that was checked into the sum, [sumSize]. */
  addInto(sum: Float64Array, part: Float64Array): void;
  /** How many items a contribution touches. @param values [size of the contribution spec] */
  touchedBy(values: Float64Array): number;
  /**
   * What the places of one part tell of which items a person touched, in bits, to whoever sees no values: where all sets of so many items were
   * equally likely before.
   * @param touched how many items the person touched
   */
  revealedBits(touched: number): number;
}

/** A policy for contributions of one shape. */
export interface Sharing {
  readonly kind: string;
  /** Values that leave a device. */
  readonly size: number;
  /** Those values as tensors: what clips by rows go by. */
  readonly spec: ParameterSpec;
  /**
   * The part that leaves, [size].
   *
   * Guarantees: linear in `values`, but where parts are scattered; depends on nothing but the arguments. The result may be `values` itself.
   * @param values [size of the contribution spec] not modified
   * @param round from 1
   * @param lasting 32 secret bytes that the device keeps for the run, for policies with scattered parts
   */
  encode(values: Float64Array, round: number, lasting?: Uint8Array): Float64Array;
  /**
   * What a sum of such parts says about the whole sum, [size of the contribution spec]. Linear; the result may be `sum` itself.
   * @param sum [size], or [scattered.sumSize]; not modified
   */
  decode(sum: Float64Array, round: number): Float64Array;
  /** Root of the mean variance of a decoded entry over that of an encoded one, for independent noise on the sum. */
  readonly noiseGain: number;
  /** How many times larger than the greatest entry of a vector an encoded one may be, at most. */
  readonly entryGain: number;
  /** Present where devices choose which places of the contribution they send. */
  readonly scattered?: Scattered;
}

/** What a policy is made for. */
export interface SharingShape {
  readonly items: number;
  /** The contribution, as the model has it. */
  readonly contribution: ParameterSpec;
  /** A public text that all halves of the run have in common: what is drawn is drawn from it. */
  readonly label: string;
}

/** A policy's entry in the index. */
export interface SharingDefinition<Options extends { kind: string } = { kind: string }> extends Definition<Options> {
  /**
   * Fills in what only the maker of terms can, before they are signed. No device calls it.
   * @throws CofactorError CONFIG_INVALID when what it takes is not here
   */
  plan?(options: Options, items: number, itemFeatures: ItemFeatures | undefined): Promise<Options>;
  /** @throws CofactorError CONFIG_INVALID when contributions of this shape cannot be shared so, with the nearest sound choice */
  create(options: Options, shape: SharingShape): Sharing;
}
