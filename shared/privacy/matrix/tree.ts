/** Tree aggregation, the baseline of the first papers, in its plain and its refined form. Imports the seam, builders and valibot. */
import * as v from "valibot";
import { denseFactorization, gramFactorization } from "./builders.ts";
import { checkDenseRounds } from "./dense.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { treeFilter } from "./filter.ts";
import type { Workload } from "./workload.ts";

/** Options of tree aggregation. */
export interface TreeOptions {
  readonly kind: "tree";
  /** "plain": a prefix is the sum of its nodes; "full": its best linear estimate from all nodes (Honaker's). */
  readonly estimate: "plain" | "full";
}

/** Noise on the nodes of a binary tree over rounds. */
export const tree: FactorizationDefinition<TreeOptions> = {
  kind: "tree",
  summary: "Noise on the nodes of a binary tree: a baseline that others beat. The full estimate takes rounds^3 operations.",
  source: "Dwork et al. 2010, https://doi.org/10.1145/1806689.1806787; Honaker 2015; Kairouz et al. 2021, https://arxiv.org/abs/2103.00039",
  options: v.strictObject({
    kind: v.literal("tree"),
    estimate: v.optional(v.picklist(["plain", "full"]), "full"),
  }),
  create({ estimate }, { workload }) {
    checkDenseRounds(workload.rounds);
    if (estimate === "full") return gramFactorization({ kind: "tree", workload, gram: fullGram(workload.rounds) });
    return denseFactorization({ kind: "tree", workload, ...plainTree(workload), filter: treeFilter(depthOf(workload.rounds)) });
  },
};

/** Levels of the tree over `rounds` leaves. */
function depthOf(rounds: number): number {
  return Math.floor(Math.log2(rounds)) + 1;
}

/** Row t of the strategy sums the rounds of the node that round t closes; its inverse takes away the nodes inside. */
function plainTree({ rounds }: Workload): { readonly strategy: Float64Array; readonly noise: Float64Array } {
  const strategy = new Float64Array(rounds * rounds);
  const noise = new Float64Array(rounds * rounds);
  for (let row = 0; row < rounds; row++) {
    const span = lowestBit(row + 1);
    strategy.fill(1, row * rounds + row + 1 - span, row * rounds + row + 1);
    noise[row * rounds + row] = 1;
    for (let inner = row; inner > row + 1 - span; inner -= lowestBit(inner)) noise[row * rounds + inner - 1] = -1;
  }
  return { strategy, noise };
}

/** Rounds i and j share the nodes from their first common ancestor up to the root. */
function fullGram(rounds: number): Float64Array {
  const levels = Math.ceil(Math.log2(rounds)) + 1;
  const out = new Float64Array(rounds * rounds);
  for (let i = 0; i < rounds; i++) for (let j = 0; j < rounds; j++) out[i * rounds + j] = levels - (32 - Math.clz32(i ^ j));
  return out;
}

/** The largest power of two that divides a positive integer. */
function lowestBit(value: number): number {
  return value & -value;
}
