/** What FedRAP can be set to. Imports options.ts. The published settings are those of `simulations/scenarios/fedrap-paper.yaml`. */
import * as v from "valibot";
import { count, nonNegative, positive, rank } from "./options.ts";
import { type StartSection, startOptions } from "./start.ts";

/** Options of FedRAP. */
export interface FedrapOptions {
  readonly kind: "fedrap";
  readonly rank: number;
  /** What is personal beside w and b: nothing, what public features are worth, or a row for every item, as published. */
  readonly personal: "none" | "features" | "items";
  /** Step of w and b. */
  readonly learningRate: number;
  /** Step of the tables, times the number of items: the published 200 on 1682 items is .1189. */
  readonly itemLearningRate: number;
  /** Steps of what is personal, D or g, as a multiple of `itemLearningRate` or `learningRate`. */
  readonly personalRate: number;
  /** Steps shrink by this after each batch, and begin each round anew; as published .95. */
  readonly batchDecay: number;
  /** Steps shrink by this with each round that the device takes part in; as published .97. */
  readonly roundDecay: number;
  /** Most passes over a round's samples. */
  readonly localEpochs: number;
  /** Training ends for a round when the mean loss so far changes by less than this share of itself; 0 for never. */
  readonly tolerance: number;
  readonly batchSize: number;
  /** Negatives drawn for each positive in a round. */
  readonly negatives: number;
  /** Weight decay, of every entry. */
  readonly l2: number;
  /** The paper's lambda. */
  readonly personalWeight: number;
  /** "similarity", as published: lambda |D - C|^2 is subtracted from the loss, which has no bound; "norm": lambda |D|^2 is added. */
  readonly personalPenalty: "similarity" | "norm";
  /** The paper's mu; by `sparsity: prox` what entries of C lose in a round, in units of C. */
  readonly l1: number;
  /** "subgradient", as in the public code: on the device, never sparse; "prox": by the server, on the average. */
  readonly sparsity: "subgradient" | "prox";
  /** lambda and mu in round t: "constant", as the public code has it, or times tanh(t / 10), as in the paper, t from 0. */
  readonly curriculum: "constant" | "tanh";
  /** Passes with which a device that took part in no round fits its own part to the published table. */
  readonly fitEpochs: number;
  readonly initialStddev: number;
  /** How the table begins. */
  readonly start: StartSection;
  /** Of D; as published 1, the same draw on every device. */
  readonly initialPersonalStddev: number;
}

/** Their schema, with defaults chosen by validation. */
export const fedrapOptions: v.GenericSchema<unknown, FedrapOptions> = v.strictObject({
  kind: v.literal("fedrap"),
  rank: rank(32),
  personal: v.optional(v.picklist(["none", "features", "items"]), "none"),
  learningRate: positive(0.1),
  itemLearningRate: positive(8),
  personalRate: nonNegative(1),
  batchDecay: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(1)), 1),
  roundDecay: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(1)), 1),
  localEpochs: count(1),
  tolerance: nonNegative(0),
  batchSize: count(256),
  negatives: count(4),
  l2: nonNegative(0),
  personalWeight: nonNegative(0),
  personalPenalty: v.optional(v.picklist(["similarity", "norm"]), "norm"),
  l1: nonNegative(0),
  sparsity: v.optional(v.picklist(["subgradient", "prox"]), "prox"),
  curriculum: v.optional(v.picklist(["constant", "tanh"]), "constant"),
  fitEpochs: count(30),
  initialStddev: positive(1),
  ...startOptions,
  initialPersonalStddev: nonNegative(0),
});
