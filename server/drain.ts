/** The end of a server in good order: the open round is finished, devices are told when to come back. Imports the coordinator's types. */
import type { Clock } from "../shared/clock.ts";
import { noBytes } from "../shared/transport.ts";
import type { Coordinator } from "./coordinator.ts";
import type { Identities } from "./identities.ts";

/** How a server ends. */
export interface DrainOptions {
  /** How long the open round may take; default 20,000. Then it is left in the store, for the next server on it to go on with. */
  readonly drainMs?: number | undefined;
  /** After what time devices are told to come back, each after a random part of it more; default 2,000. */
  readonly retryAfterMs?: number | undefined;
}

/** How it ended. */
export interface Drained {
  /** A round that was left open; undefined when none was. */
  readonly openRound: number | undefined;
}

/** Between two looks at the open round, and for the last messages to be written. */
const lookMs = 50;

/** What a drain works with. */
export interface DrainParts {
  readonly coordinator: Coordinator;
  readonly identities: Identities;
  readonly clock: Clock;
}

/**
 * Waits for the open round, for as long as anybody is there who could finish it, then tells every joined device that the server is about to end.
 * No round begins meanwhile.
 */
export async function drain({ coordinator, identities, clock }: DrainParts, drainMs: number, retryAfterMs: number): Promise<Drained> {
  coordinator.drain();
  const deadlineMs = clock.now() + drainMs;
  const openRound = (): number | undefined => {
    const { phase, round } = coordinator.status;
    return phase === "collecting" || phase === "revealing" ? round : undefined;
  };
  const canFinish = (): boolean => coordinator.status.phase === "revealing" || coordinator.status.connected > 0;
  while (openRound() !== undefined && canFinish() && clock.now() < deadlineMs) await pause(clock, lookMs);
  await tellClosing(identities, clock, retryAfterMs);
  return { openRound: openRound() };
}

/** Tells every joined device that the server is about to end, and when to come back. */
export async function tellClosing(identities: Identities, clock: Clock, retryAfterMs: number): Promise<void> {
  const told = [...identities.all()].map((channel) =>
    channel.request("closing", { header: { retryAfterMs }, payload: noBytes }, { timeoutMs: 1_000 }).catch(() => undefined),
  );
  await Promise.race([Promise.all(told), pause(clock, 1_000)]);
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
