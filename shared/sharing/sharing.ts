/**
 * The seam for sharing: which part of a contribution leaves a device, and how the aggregator reads the sum of such parts. May import the models'
 * types, random, registry. One file per policy; index.ts lists them; the conformance suite proves each.
 *
 * A policy is a public linear map of vectors, the same on every device of a round: the sum of encoded vectors is the encoded sum, so that
 * protections and noise know nothing of it. What it leaves out is chosen without a look at anyone's data: which items a person rated is told no
 * more than under `all`.
 */
import type { ParameterSpec } from "../models/model.ts";
import type { Definition } from "../registry.ts";

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
   * Guarantees: linear in `values`; depends on nothing but them and the round. The result may be `values` itself.
   * @param values [size of the contribution spec] not modified
   * @param round from 1
   */
  encode(values: Float64Array, round: number): Float64Array;
  /**
   * What a sum of such parts says about the whole sum, [size of the contribution spec]. Linear; the result may be `sum` itself.
   * @param sum [size] not modified
   */
  decode(sum: Float64Array, round: number): Float64Array;
  /** Root of the mean variance of a decoded entry over that of an encoded one, for independent noise on the sum. */
  readonly noiseGain: number;
  /** How many times larger than the greatest entry of a vector an encoded one may be, at most. */
  readonly entryGain: number;
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
  /** @throws CofactorError CONFIG_INVALID when contributions of this shape cannot be shared so, with the nearest sound choice */
  create(options: Options, shape: SharingShape): Sharing;
}
