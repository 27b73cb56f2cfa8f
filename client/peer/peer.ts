/**
 * An agent on a real network: a program in lockstep, its frames sealed, on a clock. Imports shared. The carrier is an argument: a relay's
 * channel (relay.ts), connections between Node processes (direct.node.ts), memory in tests.
 */
import { type Clock, platformClock } from "../../shared/clock.ts";
import type { BoxKeys } from "../../shared/crypto/sealed-box.ts";
import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import { createLockstep, type LockstepOptions, type PeerEvent, type PeerState } from "../../shared/peer/lockstep.ts";
import type { PeerId, Program } from "../../shared/peer/program.ts";
import { createSealedLink } from "../../shared/peer/sealed-link.ts";
import { type SecureRng, secureRng } from "../../shared/random.ts";

/** What carries sealed frames, as far as it can: it may lose, repeat and delay them. */
export interface Carrier {
  /** Sends; a failure counts as loss. */
  send(to: PeerId, bytes: Uint8Array): void;
  /** Sets who receives. */
  receive(listener: (from: PeerId, bytes: Uint8Array) => void): void;
  close(): void;
}

/** An agent. */
export interface PeerOptions<State> {
  readonly keys: BoxKeys;
  /** Names of the neighbors: their public keys, known from elsewhere. Nobody else is heard. */
  readonly neighbors: readonly PeerId[];
  readonly program: Program<State>;
  readonly carrier: Carrier;
  readonly lockstep?: LockstepOptions;
  readonly clock?: Clock;
  readonly secure?: SecureRng;
  readonly signal?: AbortSignal;
  /** How long a done agent stays to help those behind; default 2,000. */
  readonly lingerMs?: number;
  /** Told of every frame that was refused, by its code. */
  readonly onRefused?: (error: CofactorError, from: PeerId) => void;
  readonly onStep?: (state: State, steps: number) => void;
}

/**
 * Takes part until the program is done; then stays for `lingerMs` and closes the carrier.
 *
 * Guarantees: frames of strangers, changed and replayed ones change nothing and are counted; events are handled one after the other. While a
 * step computes, no sign of life is sent: `patienceMs` must be longer than the longest step.
 * @throws CofactorError CANCELLED, and what the program throws
 */
export async function runPeer<State>(options: PeerOptions<State>): Promise<PeerState<State>> {
  const { carrier, clock = platformClock, lockstep: times = {}, signal } = options;
  const link = createSealedLink(options.keys, options.neighbors, options.secure ?? secureRng);
  const lockstep = createLockstep(options.program, times);
  let state = lockstep.start();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let queue: Promise<void> = Promise.resolve();
  let cancelTick = (): void => undefined;
  let hasEnded = false;

  async function react(event: PeerEvent): Promise<void> {
    if (hasEnded) return;
    const before = state.steps;
    const reaction = await lockstep.react(state, event);
    state = reaction.state;
    if (state.steps > before) options.onStep?.(state.program, state.steps);
    if (reaction.refusal !== undefined && event.kind === "frame") options.onRefused?.(reaction.refusal, event.from);
    for (const { to, bytes } of reaction.frames) carrier.send(to, link.seal(to, bytes));
  }

  const put = (event: () => PeerEvent): void => {
    queue = queue.then(() => react(event())).catch(reject);
  };

  carrier.receive((from, bytes) => {
    let frame: Uint8Array;
    try {
      frame = link.open(from, bytes);
    } catch (error) {
      if (!isCofactorError(error)) throw error;
      options.onRefused?.(error, from);
      return;
    }
    put(() => ({ kind: "frame", from, bytes: frame, nowMs: clock.now() }));
  });

  let doneAtMs = Number.POSITIVE_INFINITY;
  const tick = (): void => {
    put(() => ({ kind: "tick", nowMs: clock.now() }));
    void queue.then(() => {
      if (state.isDone) doneAtMs = Math.min(doneAtMs, clock.now());
      if (clock.now() - doneAtMs >= (options.lingerMs ?? 2_000)) resolve();
      else if (!hasEnded) cancelTick = clock.after((times.repeatMs ?? 100) / 2, tick);
    });
  };

  const cancel = (): void => reject(new CofactorError("CANCELLED", "the agent was stopped by its caller"));
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  put(() => ({ kind: "start", neighbors: options.neighbors, nowMs: clock.now() }));
  tick();
  try {
    await promise;
    return state;
  } finally {
    hasEnded = true;
    cancelTick();
    signal?.removeEventListener("abort", cancel);
    carrier.close();
  }
}
