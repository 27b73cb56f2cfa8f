/**
 * Structured cooperative learning: every agent learns a model of its own, and whom to learn it with. Imports the seams of programs and priors,
 * errors.
 *
 * One round: agents tell their neighbors their estimates; a neighbor answers with how well the estimate explains its data and with the gradient
 * of its loss there; the agent weighs its neighbors (E-step, the prior's) and takes a gradient step over itself and them (M-step).
 *
 * What leaves an agent: its estimate, in clear, to neighbors; losses and gradients of its data at theirs. Data stay. This is personal learning,
 * not a protection: gradients tell much of data.
 *
 * Source: SCooL (ICML 2023), https://arxiv.org/abs/2306.09595; the gradient is taken at the asking agent's estimate, which the paper
 * approximates by the neighbor's own.
 */
import { CofactorError } from "../../errors.ts";
import type { Inbox, PeerId, Program, Step } from "../program.ts";
import type { Acquaintance, Prior } from "./prior.ts";

/** An agent's data, as a loss. */
export interface LocalLoss {
  /** Parameters of a model. */
  readonly size: number;
  /** Mean loss at an estimate, at least 0; writes its gradient into `gradient`. */
  evaluate(estimate: Float64Array, gradient: Float64Array): number;
}

/** What all agents have in common. */
export interface CooperationTerms {
  readonly rounds: number;
  readonly learningRate: number;
  readonly l2: number;
  /** Rounds before neighbors are weighed: until then everybody learns alone, and estimates say something. */
  readonly alone: number;
}

/** An agent between two steps. */
export interface CooperationState {
  readonly round: number;
  readonly estimate: Float64Array;
  /** What this agent learns by itself: the measure of what its data let be explained. Never leaves it. */
  readonly solo: Float64Array;
  readonly prior: unknown;
  /** What the neighbors told in this round: estimate and publication in one. */
  readonly told: ReadonlyMap<PeerId, Float64Array>;
  /** The weights of the last round: the agent's part of the cooperation graph. */
  readonly weights: ReadonlyMap<PeerId, number>;
}

/** The program of one agent. @param start [size] the public start */
export function createCooperationProgram(
  loss: LocalLoss,
  prior: Prior,
  terms: CooperationTerms,
  start: Float64Array,
): Program<CooperationState> {
  const { size } = loss;
  const nothing = new Float64Array(size);

  function lossAt(estimate: Float64Array): readonly [number, Float64Array] {
    const gradient = new Float64Array(size);
    return [loss.evaluate(estimate, gradient), gradient];
  }

  /**
   * What a neighbor's estimate explains of this agent's data, as a share of what it explains alone, less one half. Not of what its current
   * estimate explains: two that have merged by mistake would vouch for each other.
   */
  function evidenceOf(theirLoss: number, ownLoss: number): number {
    const [without] = lossAt(nothing);
    const own = Math.max(without - ownLoss, 1e-12);
    return Math.max(-10, Math.min(0.5, (without - theirLoss) / own - 0.5));
  }

  function tell(state: CooperationState, { messages, neighbors }: Inbox): Step<CooperationState> {
    const next = state.round === 0 && messages.size === 0 ? { ...state, round: 1 } : learn(state, messages);
    if (next.round > terms.rounds) return { state: next, outbox: new Map(), isDone: true };
    const message = toBytes(next.estimate, prior.publish(next.prior));
    return { state: { ...next, told: new Map() }, outbox: new Map(neighbors.map((id) => [id, message])), isDone: false };
  }

  function learn(state: CooperationState, messages: ReadonlyMap<PeerId, Uint8Array>): CooperationState {
    const answers = [...messages].map(([id, message]) => [id, toNumbers(message)] as const);
    const departure = state.estimate.map((value, at) => value - start[at]!);
    const known: readonly Acquaintance[] = answers.map(([id, answer]) => {
      const told = state.told.get(id)!;
      const theirs = told.subarray(0, size).map((value, at) => value - start[at]!);
      return { id, evidence: answer[0]!, departure: theirs, published: told.subarray(size) };
    });
    const isAlone = state.round <= terms.alone || known.length === 0;
    const weighed = isAlone ? { state: state.prior, weights: state.weights } : prior.weigh(state.prior, departure, known);
    const [, own] = lossAt(state.estimate);
    const [, soloGradient] = lossAt(state.solo);
    const total = own.slice();
    let share = 1;
    for (const [id, answer] of isAlone ? [] : answers) {
      const weight = weighed.weights.get(id)!;
      share += weight;
      for (let at = 0; at < size; at++) total[at] = total[at]! + weight * answer[1 + at]!;
    }
    const estimate = state.estimate.map((value, at) => value - terms.learningRate * (total[at]! / share + terms.l2 * value));
    const solo = state.solo.map((value, at) => value - terms.learningRate * (soloGradient[at]! + terms.l2 * value));
    return { ...state, round: state.round + 1, estimate, solo, prior: weighed.state, weights: weighed.weights };
  }

  function answer(state: CooperationState, { messages }: Inbox): Step<CooperationState> {
    const [ownLoss] = lossAt(state.solo);
    const told = new Map<PeerId, Float64Array>();
    const outbox = new Map<PeerId, Uint8Array>();
    for (const [id, message] of messages) {
      const theirs = toNumbers(message);
      told.set(id, theirs);
      const [theirLoss, gradient] = lossAt(theirs.slice(0, size));
      outbox.set(id, toBytes(Float64Array.of(evidenceOf(theirLoss, ownLoss)), gradient));
    }
    return { state: { ...state, told }, outbox, isDone: false };
  }

  return {
    phases: 2,
    start: () => ({ round: 0, estimate: start.slice(), solo: start.slice(), prior: prior.start(), told: new Map(), weights: new Map() }),
    step: (state, inbox) => (inbox.phase === 0 ? tell(state, inbox) : answer(state, inbox)),
    check(_state, _from, phase, message) {
      const length = phase === 0 ? size + prior.publishedLength : 1 + size;
      if (message.length !== 8 * length)
        throw new CofactorError("SHAPE_MISMATCH", `a message of phase ${phase} expected ${length} numbers`);
      if (!toNumbers(message).every(Number.isFinite)) throw new CofactorError("VALUE_NOT_FINITE", "a message expected finite numbers");
    },
  };
}

function toBytes(first: Float64Array, second: Float64Array): Uint8Array {
  const out = new Float64Array(first.length + second.length);
  out.set(first);
  out.set(second, first.length);
  return new Uint8Array(out.buffer);
}

function toNumbers(message: Uint8Array): Float64Array {
  return new Float64Array(message.slice().buffer);
}
