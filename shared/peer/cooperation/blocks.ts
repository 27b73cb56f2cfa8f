/** The stochastic block prior: agents belong to groups, and who shares a group works together. Imports the seam, valibot. */
import * as v from "valibot";
import type { Acquaintance, Prior, PriorDefinition } from "./prior.ts";

/** Options of the prior. */
export interface BlocksOptions {
  readonly kind: "blocks";
  /** Groups at most. */
  readonly groups: number;
  readonly temperature: number;
}

/** What an agent believes: of its group, and how likely each two groups cooperate. */
interface BlocksState {
  /** [groups] sums to 1. */
  readonly membership: Float64Array;
  /** [groups x groups] chances in (0, 1). */
  readonly chances: Float64Array;
}

/** Chances stay away from 0 and 1, where their logarithms would be infinite. */
const least = 0.02;

/**
 * A stochastic block model by mean field: w_ij = sigmoid(evidence / temperature + sum_gh O_ig O_jh logit B_gh), the membership O_i from the
 * weights, B from the memberships of this agent and its neighbors.
 *
 * Differs from the paper: the evidence is the share explained (prior.ts) where the paper has a log likelihood; B is estimated by each agent of
 * its own edges, since nobody sees all; memberships have a flat Dirichlet prior.
 */
export const blocks: PriorDefinition<BlocksOptions> = {
  kind: "blocks",
  summary: "Agents belong to groups that cooperate within: a stochastic block model of the weights.",
  source:
    "SCooL (ICML 2023), https://arxiv.org/abs/2306.09595; Holland, Laskey and Leinhardt 1983, https://doi.org/10.1016/0378-8733(83)90021-7",
  options: v.strictObject({
    kind: v.literal("blocks"),
    groups: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(64)), 4),
    temperature: v.optional(v.pipe(v.number(), v.minValue(1e-3), v.maxValue(1e3)), 0.05),
  }),
  create: ({ groups, temperature }, rng): Prior => {
    const start = (): BlocksState => {
      const drawn = Float64Array.from({ length: groups }, () => 1 + 0.5 * rng.float());
      const chances = new Float64Array(groups * groups).fill(0.4);
      for (let group = 0; group < groups; group++) chances[group * groups + group] = 0.6;
      return { membership: normalized(drawn), chances };
    };
    return {
      kind: "blocks",
      publishedLength: groups,
      start,
      publish: (state) => (state as BlocksState).membership,
      weigh(given, _departure, known) {
        const state = given as BlocksState;
        const weights = known.map(({ evidence, published }) => {
          let pull = 0;
          for (let g = 0; g < groups; g++) {
            for (let h = 0; h < groups; h++) {
              const chance = state.chances[g * groups + h]!;
              pull += state.membership[g]! * published[h]! * Math.log(chance / (1 - chance));
            }
          }
          return 1 / (1 + Math.exp(-(evidence / temperature + pull)));
        });
        const membership = memberOf(state, known, weights, groups);
        const next = { membership, chances: chancesOf(state, membership, known, weights, groups) };
        return { state: next, weights: new Map(known.map(({ id }, at) => [id, weights[at]!])) };
      },
    };
  },
};

/** O_ig proportional to exp sum_jh O_jh (w log B_gh + (1 - w) log(1 - B_gh)). */
function memberOf(state: BlocksState, known: readonly Acquaintance[], weights: readonly number[], groups: number): Float64Array {
  const logs = new Float64Array(groups);
  for (const [at, { published }] of known.entries()) {
    for (let g = 0; g < groups; g++) {
      for (let h = 0; h < groups; h++) {
        const chance = state.chances[g * groups + h]!;
        logs[g] = logs[g]! + published[h]! * (weights[at]! * Math.log(chance) + (1 - weights[at]!) * Math.log(1 - chance));
      }
    }
  }
  const most = Math.max(...logs);
  // Half the way: all agents move at once, and would swap groups for ever.
  const full = normalized(logs.map((log) => Math.exp(log - most)));
  return full.map((share, g) => 0.5 * share + 0.5 * state.membership[g]!);
}

/** B_gh of this agent's edges, over one imagined edge of the state before. */
function chancesOf(
  state: BlocksState,
  membership: Float64Array,
  known: readonly Acquaintance[],
  weights: readonly number[],
  groups: number,
): Float64Array {
  return state.chances.map((before, cell) => {
    const [g, h] = [Math.floor(cell / groups), cell % groups];
    let sum = before;
    let total = 1;
    for (const [at, { published }] of known.entries()) {
      const both = (membership[g]! * published[h]! + membership[h]! * published[g]!) / 2;
      sum += weights[at]! * both;
      total += both;
    }
    return Math.min(1 - least, Math.max(least, sum / total));
  });
}

function normalized(values: Float64Array): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
}
