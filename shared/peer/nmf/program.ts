/**
 * Distributed nonnegative matrix factorization: agents with columns of a matrix agree on one left factor X, and keep their columns and their
 * right factors Y. Imports the seam of programs, exchange, factors, random.
 *
 * min sum_i |Z_i - X_i Y_i|^2 / 2 with X_i = X_j on every edge, X, Y >= 0. Block coordinate descent, the consensus by ADMM with a dual for
 * every edge. What an agent i learns of a neighbor j is b_ji (X_j - X_i) in each round; with its own b_ij it makes the edge's pull
 * s_ij = rho b_ij b_ji (X_i - X_j), which is -s_ji: neither knows the other's factor of the product.
 *
 * Formulas: Y by some sweeps of HALS; X from H = Y Y' + 2 g I and B = Z Y' - sum lambda_ij - sum s_ij + 2 g X, g = degree rho b_max^2; then
 * lambda_ij grows by s_ij. One exchange in each round serves both the dual and the next step. A neighbor that is gone takes its dual with it:
 * the others solve their own problem.
 *
 * Source: privacy-preserving distributed NMF (EUSIPCO 2024), https://arxiv.org/abs/2403.18326
 */
import { concatenate } from "../../crypto/encoding.ts";
import { CofactorError, isCofactorError } from "../../errors.ts";
import type { NoiseRng } from "../../random.ts";
import type { Inbox, PeerId, Program, Step } from "../program.ts";
import { blindUnit, blocksOf, type DifferenceExchange, greatestBlind, leastBlind } from "./exchange.ts";
import { type Columns, fitColumns, fitRows } from "./factors.ts";

/** What all agents of a factorization have in common. */
export interface NmfTerms {
  readonly rank: number;
  readonly rounds: number;
  /** The penalty of disagreement in the first round. */
  readonly rho: number;
  /** The penalty towards the last round, reached in equal ratios; default `rho`. Small first finds the factors, large then makes them equal. */
  readonly lastRho?: number;
  /** Passes over the entries in each fit. */
  readonly sweeps: number;
}

/** An agent between two steps. */
export interface NmfState {
  readonly round: number;
  /** [rows x rank] this agent's estimate of the left factor. */
  readonly x: Float64Array;
  /** [columns x rank]. Never leaves the agent. */
  readonly y: Float64Array;
  readonly duals: ReadonlyMap<PeerId, Float64Array>;
  /** The blinds that this round's answers carry. */
  readonly blinds: ReadonlyMap<PeerId, Int32Array>;
  /** The penalty of this round on each edge: that of the earlier of both ends' rounds, which may differ after a partition. */
  readonly penalties: ReadonlyMap<PeerId, number>;
  readonly joined: readonly PeerId[];
}

/** One agent's part. */
export interface NmfAgent {
  readonly terms: NmfTerms;
  readonly data: Columns;
  /** [rows x rank] the public start of X, the same for all. */
  readonly start: Float64Array;
  readonly exchange: DifferenceExchange;
  /** Draws the blinds: a CSPRNG but in comparisons. */
  readonly noise: NoiseRng;
}

/** The program of one agent. */
export function createNmfProgram(agent: NmfAgent): Program<NmfState> {
  const { terms, data, exchange, noise } = agent;
  const { rank, sweeps } = terms;
  const size = data.rows * rank;

  function start(): NmfState {
    const x = agent.start.slice();
    const y = new Float64Array(data.count * rank).fill(0.5);
    fitColumns(data, x, rank, y, sweeps);
    return { round: 0, x, y, duals: new Map(), blinds: new Map(), penalties: new Map(), joined: [] };
  }

  function penaltyAt(round: number): number {
    return terms.rho * ((terms.lastRho ?? terms.rho) / terms.rho) ** Math.min(1, round / terms.rounds);
  }

  function drawBlinds(): Int32Array {
    const span = greatestBlind - leastBlind + 1;
    const out = new Int32Array(blocksOf(size, exchange));
    const bytes = new DataView(noise.bytes(4 * out.length).buffer);
    // 2^32 mod 257 is 1: one value in 2^32 is favored by one, which tells nothing.
    for (let block = 0; block < out.length; block++) out[block] = leastBlind + (bytes.getUint32(4 * block) % span);
    return out;
  }

  /** The duals after the answers, and the pull of this round's edges. */
  async function takeAnswers(state: NmfState, inbox: Inbox) {
    const duals = new Map(state.duals);
    const refused: PeerId[] = [];
    const pulled = new Float64Array(size);
    let weight = 0;
    for (const id of inbox.lost) forget(id, duals);
    for (const [id, answer] of inbox.messages) {
      let difference: Float64Array;
      try {
        difference = await exchange.open(answer);
      } catch (error) {
        if (!isCofactorError(error)) throw error;
        refused.push(id);
        forget(id, duals);
        continue;
      }
      const blinds = state.blinds.get(id)!;
      const rho = state.penalties.get(id)!;
      const before = duals.get(id);
      const dual = before === undefined ? new Float64Array(size) : before.slice();
      for (let at = 0; at < size; at++) {
        const pull = (-rho * blinds[Math.floor(at / exchange.blockSize)]! * difference[at]!) / blindUnit;
        dual[at] = dual[at]! + pull;
        pulled[at] = pulled[at]! + pull;
      }
      duals.set(id, dual);
      weight += rho * (greatestBlind / blindUnit) ** 2;
    }
    return { duals, pulled, weight, refused };
  }

  function forget(id: PeerId, duals: Map<PeerId, Float64Array>): void {
    duals.delete(id);
    exchange.forget(id);
  }

  /** A step of block coordinate descent. */
  function descend(state: NmfState, duals: ReadonlyMap<PeerId, Float64Array>, pulled: Float64Array, weight: number) {
    const x = state.x.slice();
    const y = state.y.slice();
    fitColumns(data, x, rank, y, sweeps);
    const pull = pulled.map((value, at) => 2 * weight * x[at]! - value);
    for (const dual of duals.values()) for (let at = 0; at < size; at++) pull[at] = pull[at]! - dual[at]!;
    fitRows(data, y, rank, x, sweeps, { weight, pull });
    return { x, y };
  }

  async function offer(state: NmfState, inbox: Inbox): Promise<Step<NmfState>> {
    const { duals, pulled, weight, refused } = await takeAnswers(state, inbox);
    const isFirst = state.round === 0 && inbox.messages.size === 0;
    const moved = isFirst ? { x: state.x, y: state.y } : descend(state, duals, pulled, weight);
    const round = isFirst ? 0 : state.round + 1;
    const next: NmfState = { ...state, ...moved, duals, round, blinds: new Map(), joined: inbox.joined };
    if (round >= terms.rounds) return { state: next, outbox: new Map(), isDone: true, refused };
    const made = await exchange.offer(next.x);
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, round, true);
    const outbox = new Map(inbox.neighbors.map((id) => [id, concatenate(head, inbox.joined.includes(id) ? made.first : made.offer)]));
    return { state: next, outbox, isDone: false, refused };
  }

  async function answer(state: NmfState, inbox: Inbox): Promise<Step<NmfState>> {
    const duals = new Map(state.duals);
    for (const id of inbox.lost) forget(id, duals);
    const blinds = new Map<PeerId, Int32Array>();
    const penalties = new Map<PeerId, number>();
    const outbox = new Map<PeerId, Uint8Array>();
    for (const [id, message] of inbox.messages) {
      penalties.set(id, penaltyAt(Math.min(state.round, roundOf(message))));
      const own = drawBlinds();
      blinds.set(id, own);
      outbox.set(id, await exchange.answer(id, message.subarray(4), state.x, own));
    }
    return { state: { ...state, duals, blinds, penalties }, outbox, isDone: false };
  }

  return {
    phases: 2,
    start,
    step: (state, inbox) => (inbox.phase === 0 ? offer(state, inbox) : answer(state, inbox)),
    check(_state, from, phase, message) {
      if (phase === 1) return exchange.check(from, "answer", message);
      if (message.length < 4) throw new CofactorError("MESSAGE_MALFORMED", "an offer expected the number of its round");
      exchange.check(from, "offer", message.subarray(4));
    },
  };
}

function roundOf(offer: Uint8Array): number {
  return new DataView(offer.buffer, offer.byteOffset, 4).getUint32(0, true);
}
