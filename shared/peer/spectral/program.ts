/**
 * The largest eigenpairs of a sum of private symmetric summands: orthogonal iteration whose products are summed by push-sum. Imports the seam
 * of programs, consensus, summand, orthonormal.
 *
 * One round: every agent multiplies its basis by its own summand, `mixing` phases of push-sum give all of them the mean product, and each
 * makes it orthonormal. What a neighbor sees is a share of sums of products, never a summand; it is not encrypted, and of a degree-one
 * neighbor the first share tells much: this is for spectral starts, not a protection.
 *
 * Source: decentralised orthogonal iteration, Kempe and McSherry 2008, https://doi.org/10.1016/j.jcss.2007.04.014, in the form for summands of
 * Gang, Xiang and Bajwa 2021, https://doi.org/10.1109/TSIPN.2021.3122297
 */
import { checkShare, encodeShare, joinShares, openShare, readShare, type Share, splitShare } from "../consensus.ts";
import type { Inbox, Program, Step } from "../program.ts";
import { orthonormalize, ritzPairs } from "./orthonormal.ts";
import type { Summand } from "./summand.ts";

/** What all agents have in common. */
export interface SpectralTerms {
  /** Columns of the basis: some more than the eigenpairs wanted, so that these come quickly. */
  readonly count: number;
  /** Iterations. */
  readonly rounds: number;
  /** Phases of push-sum in each: the more, the nearer all agents' products are to the mean. */
  readonly mixing: number;
}

/** An agent between two steps. Until the end bases are those of equal columns for all agents, and eigenvalues are zero. */
export interface SpectralState {
  readonly round: number;
  /** [order x count], row-major, orthonormal columns, the largest eigenvalue's first. */
  readonly basis: Float64Array;
  /** [count] eigenvalues of the mean summand: times the number of agents, those of the sum. */
  readonly meanEigenvalues: Float64Array;
  /** What this agent keeps of the push-sum while its neighbors' shares are on their way. */
  readonly kept: Share;
}

/**
 * The program of one agent.
 * @param start [order x count] the public start, the same for all
 */
export function createSpectralProgram(summand: Summand, terms: SpectralTerms, start: Float64Array): Program<SpectralState> {
  const { count, mixing } = terms;
  const { order } = summand;

  function multiply(basis: Float64Array): Share {
    const product = new Float64Array(order * count);
    summand.apply(basis, count, product);
    return openShare(product);
  }

  /** The next basis; after the last product the eigenpairs within the span (Rayleigh and Ritz), which need no further neighbor. */
  function finish(state: SpectralState, share: Share): SpectralState {
    const round = state.round + 1;
    const product = readShare(share);
    if (round >= terms.rounds) return { ...state, round, ...ritzPairs(state.basis, product, order, count) };
    orthonormalize(product, order, count);
    return { ...state, round, basis: product };
  }

  function step(state: SpectralState, { phase, messages, neighbors }: Inbox): Step<SpectralState> {
    // Whoever has just begun has no share from before.
    const isFirst = state.round === 0 && state.kept.length === 0 && phase === 0;
    let next = state;
    let share = state.kept;
    if (!isFirst) share = joinShares(state.kept, messages);
    if (phase === 0) {
      if (!isFirst) next = finish(state, share);
      if (next.round >= terms.rounds) return { state: next, outbox: new Map(), isDone: true };
      share = multiply(next.basis);
    }
    const part = splitShare(share, neighbors.length);
    const message = encodeShare(part);
    return { state: { ...next, kept: part }, outbox: new Map(neighbors.map((id) => [id, message])), isDone: false };
  }

  return {
    phases: mixing,
    start() {
      const basis = start.slice();
      orthonormalize(basis, order, count);
      return { round: 0, basis, meanEigenvalues: new Float64Array(count), kept: new Float64Array(0) };
    },
    step,
    check: (_state, _from, _phase, message) => checkShare(message, order * count),
  };
}
