/**
 * Carries a program over edges that delay, lose, repeat and reorder frames, and over neighbors that die or come back: a pure reducer
 * (state, event) -> (state, frames). No clock, socket or randomness inside. Imports edge, frame, program, errors.
 *
 * An agent takes a step when every live neighbor's message of the phase has come; a neighbor is at most one phase apart. Lost frames are
 * sent again until they are confirmed. Whoever is silent for `patienceMs` is left out, knocked at from time to time, and taken in again
 * between rounds, on a new epoch of the edge: messages of the old one count no more. A waiting agent gives signs of life, so that a death
 * costs its own edges alone.
 *
 * Source: the local barrier is the synchronizer alpha of Awerbuch 1985, https://doi.org/10.1145/4221.4227
 */
import { type CofactorError, isCofactorError } from "../errors.ts";
import { confirm, type Edge, freshEdge, keepMessages, repeatMessages, sendMessage, signal } from "./edge.ts";
import { decodeFrame, type Frame } from "./frame.ts";
import type { PeerId, Program } from "./program.ts";

/** Times of the lockstep. */
export interface LockstepOptions {
  /** When an unconfirmed message is sent again the first time; doubled up to eightfold; default 100. */
  readonly repeatMs?: number;
  /** Silence after which a neighbor is left out; default 5,000. Many times `repeatMs`, or loss will look like death. */
  readonly patienceMs?: number;
  /** Silence after which a neighbor is given up for good; default twenty times `patienceMs`. */
  readonly forgetMs?: number;
}

/** What happens to an agent. */
export type PeerEvent =
  | { readonly kind: "start"; readonly neighbors: readonly PeerId[]; readonly nowMs: number }
  | { readonly kind: "frame"; readonly from: PeerId; readonly bytes: Uint8Array; readonly nowMs: number }
  | { readonly kind: "tick"; readonly nowMs: number }
  | { readonly kind: "neighbors"; readonly neighbors: readonly PeerId[]; readonly nowMs: number };

/** An agent between two events. */
export interface PeerState<State> {
  readonly program: State;
  readonly edges: ReadonlyMap<PeerId, Edge>;
  /** The phase whose messages are awaited. */
  readonly phase: number;
  readonly steps: number;
  readonly isDone: boolean;
  readonly lost: readonly PeerId[];
  /** Frames that were refused, by neighbor: malformed, or what its program's check refused. */
  readonly refused: number;
}

/** A frame to send. */
export interface OutgoingFrame {
  readonly to: PeerId;
  readonly bytes: Uint8Array;
}

/** What an event gives. */
export interface PeerReaction<State> {
  readonly state: PeerState<State>;
  readonly frames: readonly OutgoingFrame[];
  /** Why a frame was refused, when it was. */
  readonly refusal?: CofactorError;
}

/** The reducer of a program. The state must be handed on: events of one agent come one after the other. */
export interface Lockstep<State> {
  start(): PeerState<State>;
  react(state: PeerState<State>, event: PeerEvent): Promise<PeerReaction<State>>;
}

/** What a reaction works on; its maps and lists are its own. */
interface Draft<State> {
  program: State;
  edges: Map<PeerId, Edge>;
  phase: number;
  steps: number;
  isDone: boolean;
  lost: PeerId[];
  refused: number;
  frames: OutgoingFrame[];
}

/** A lockstep for a program. */
export function createLockstep<State>(program: Program<State>, options: LockstepOptions = {}): Lockstep<State> {
  const repeatMs = options.repeatMs ?? 100;
  const patienceMs = options.patienceMs ?? 5_000;
  const forgetMs = options.forgetMs ?? 20 * patienceMs;

  function lose(draft: Draft<State>, id: PeerId, edge: Edge, nowMs: number, epoch: number = edge.epoch + 1): void {
    if (edge.status === "live") draft.lost.push(id);
    draft.edges.set(id, { ...freshEdge("silent", epoch, nowMs), heardAtMs: edge.heardAtMs });
  }

  function end(draft: Draft<State>, id: PeerId, edge: Edge, nowMs: number): void {
    if (edge.status === "live") draft.lost.push(id);
    draft.edges.set(id, freshEdge("gone", edge.epoch + 1, nowMs));
  }

  /** Takes a frame of a known neighbor. */
  function take(draft: Draft<State>, id: PeerId, frame: Frame, nowMs: number): void {
    let edge = { ...draft.edges.get(id)!, heardAtMs: nowMs };
    if (frame.kind === "bye") {
      // What it sent before its end still counts: an end only says that no more will come.
      if (edge.status !== "live" || edge.waiting.length === 0) end(draft, id, edge, nowMs);
      return;
    }
    if (frame.epoch > edge.epoch) {
      lose(draft, id, edge, nowMs, frame.epoch);
      edge = { ...draft.edges.get(id)!, heardAtMs: nowMs };
    }
    if (edge.status === "silent") {
      edge = { ...edge, status: "knocking" };
      draft.frames.push({ to: id, bytes: signal(edge, "alive") });
    }
    if (frame.epoch === edge.epoch) {
      edge = confirm(edge, frame, nowMs);
      if (frame.kind === "message") {
        edge = keepMessages(edge, frame, (number, message) => program.check(draft.program, id, number % program.phases, message));
      }
      // Confirms the message, also one that came again because its confirmation was lost.
      if (frame.kind === "message") draft.frames.push({ to: id, bytes: signal(edge, "alive") });
    } else if (frame.kind === "message") draft.frames.push({ to: id, bytes: signal(edge, "alive") });
    draft.edges.set(id, edge);
  }

  function tick(draft: Draft<State>, nowMs: number): void {
    for (const [id, edge] of draft.edges) {
      if (edge.status === "gone") continue;
      if (edge.status === "live" && nowMs - edge.heardAtMs > patienceMs && !draft.isDone) {
        lose(draft, id, edge, nowMs);
        continue;
      }
      if (nowMs - edge.heardAtMs > forgetMs) {
        end(draft, id, edge, nowMs);
        continue;
      }
      if (edge.unconfirmed.length > 0) {
        if (nowMs - edge.sentAtMs < repeatMs * 2 ** Math.min(3, edge.repeats)) continue;
        const [next, frames] = repeatMessages(edge, nowMs);
        draft.edges.set(id, next);
        for (const bytes of frames) draft.frames.push({ to: id, bytes });
      } else if (nowMs - edge.sentAtMs >= patienceMs / 5) {
        draft.frames.push({ to: id, bytes: signal(edge, draft.isDone ? "bye" : "alive") });
        draft.edges.set(id, { ...edge, sentAtMs: nowMs });
      }
    }
  }

  function meet(draft: Draft<State>, neighbors: readonly PeerId[], nowMs: number, isStart: boolean): void {
    for (const id of neighbors) {
      const edge = draft.edges.get(id);
      if (edge === undefined) draft.edges.set(id, freshEdge(isStart ? "live" : "silent", 0, nowMs));
      else if (edge.status === "gone") draft.edges.set(id, freshEdge("silent", edge.epoch, nowMs));
      if (edge === undefined ? !isStart : edge.status === "gone")
        draft.frames.push({ to: id, bytes: signal(draft.edges.get(id)!, "alive") });
    }
    for (const [id, edge] of draft.edges) if (!neighbors.includes(id) && edge.status !== "gone") end(draft, id, edge, nowMs);
  }

  /** Takes steps for as long as every live neighbor's message is there. */
  async function proceed(draft: Draft<State>, nowMs: number, isStart: boolean): Promise<void> {
    let isFirst = isStart;
    while (!draft.isDone) {
      const live = [...draft.edges].filter(([, edge]) => edge.status === "live");
      // A round whose neighbors are all gone is over.
      const phase = isFirst || live.length === 0 ? 0 : (draft.phase + 1) % program.phases;
      if (!isFirst && live.some(([, edge]) => edge.waiting.length === 0)) return;
      const joining = phase === 0 && !isFirst ? [...draft.edges].filter(([, edge]) => edge.status === "knocking") : [];
      // Alone for now: an agent without neighbors waits for one, or it would run through its rounds by itself.
      if (!isFirst && live.length === 0 && joining.length === 0) {
        if ([...draft.edges.values()].some(({ status }) => status !== "gone")) return;
      }
      const messages = new Map<PeerId, Uint8Array>();
      for (const [id, edge] of live) {
        if (isFirst) continue;
        messages.set(id, edge.waiting[0]!);
        draft.edges.set(id, { ...edge, waiting: edge.waiting.slice(1) });
      }
      for (const [id, edge] of joining) draft.edges.set(id, { ...edge, status: "live" });
      const joined = (isFirst ? live : joining).map(([id]) => id).sort();
      const neighbors = [...live, ...joining].map(([id]) => id).sort();
      const step = await program.step(draft.program, { phase, messages, neighbors, lost: draft.lost.splice(0), joined });
      isFirst = false;
      draft.program = step.state;
      draft.phase = phase;
      draft.steps += 1;
      draft.isDone = step.isDone;
      for (const id of step.refused ?? []) {
        draft.refused += 1;
        end(draft, id, draft.edges.get(id)!, nowMs);
      }
      for (const id of step.isDone ? [] : neighbors) {
        if (step.refused?.includes(id) === true) continue;
        const [edge, bytes] = sendMessage(draft.edges.get(id)!, step.outbox.get(id)!, nowMs);
        draft.edges.set(id, edge);
        draft.frames.push({ to: id, bytes });
      }
    }
    // Neighbors that are behind learn at once that nothing more will come.
    if (draft.isDone)
      for (const [id, edge] of draft.edges) if (edge.unconfirmed.length === 0) draft.frames.push({ to: id, bytes: signal(edge, "bye") });
  }

  return {
    start: () => ({ program: program.start(), edges: new Map(), phase: 0, steps: 0, isDone: false, lost: [], refused: 0 }),
    async react(state, event) {
      const draft: Draft<State> = { ...state, edges: new Map(state.edges), lost: [...state.lost], frames: [] };
      let refusal: CofactorError | undefined;
      if (event.kind === "start" || event.kind === "neighbors") meet(draft, event.neighbors, event.nowMs, event.kind === "start");
      else if (event.kind === "tick") tick(draft, event.nowMs);
      else refusal = takeBytes(draft, event.from, event.bytes, event.nowMs);
      if (!draft.isDone) await proceed(draft, event.nowMs, event.kind === "start");
      const { frames, ...next } = draft;
      return { state: next, frames, ...(refusal === undefined ? {} : { refusal }) };
    },
  };

  function takeBytes(draft: Draft<State>, from: PeerId, bytes: Uint8Array, nowMs: number): CofactorError | undefined {
    const edge = draft.edges.get(from);
    if (edge === undefined || edge.status === "gone") return undefined;
    try {
      take(draft, from, decodeFrame(bytes), nowMs);
      return undefined;
    } catch (error) {
      if (!isCofactorError(error)) throw error;
      draft.refused += 1;
      // An honest neighbor sends no such thing, and the edge's keys say that it came from nobody else.
      end(draft, from, edge, nowMs);
      return error;
    }
  }
}
