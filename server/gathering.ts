/**
 * Waits for a round's candidates: connected devices that may take part in it. Imports cohort, the clock's and the ledger's types.
 *
 * A full cohort begins at once, a smaller one after the gathering time. Where a promise keeps too many of those who are there from the next
 * round, its number passes after a stage's time: round numbers are the clock by which devices come back.
 */
import type { Clock } from "../shared/clock.ts";
import type { Emitter } from "../shared/emitter.ts";
import type { Run } from "../shared/run.ts";
import type { ServerEvents } from "./events.ts";
import type { Ledger } from "./ledger.ts";

/** What a gathering works with. */
export interface GatheringParts {
  readonly run: Run;
  readonly clock: Clock;
  readonly gatherMs: number;
  readonly ledger: Ledger;
  /** The round begins with the candidates that are there now. */
  readonly onReady: () => void;
  /** Told when a round is first looked for, and when only others than those who are there could help. */
  readonly events: Emitter<ServerEvents>;
}

type Wait = "smaller" | "pass";

/** The connected devices, and the wait for the next round. */
export class Gathering {
  readonly #parts: GatheringParts;
  readonly #connected = new Set<string>();
  /** Who may take part in `#round`; made anew for another round. */
  #candidates = new Set<string>();
  #round = 0;
  #wait: { readonly kind: Wait; readonly cancel: () => void } | undefined;
  #starvedRound = 0;
  #lookedFor = 0;
  #hasEnded = false;

  constructor(parts: GatheringParts) {
    this.#parts = parts;
  }

  /** A device is there. */
  add(client: string): void {
    this.#connected.add(client);
    if (this.#parts.ledger.admits(client, this.#round)) this.#candidates.add(client);
  }

  /** A device is gone. */
  remove(client: string): void {
    this.#connected.delete(client);
    this.#candidates.delete(client);
  }

  /** Who is there and may take part in a round. */
  candidates(round: number): readonly string[] {
    return [...this.#at(round)];
  }

  /** Looks whether a round may begin, or should be waited for. */
  consider(round: number): void {
    if (this.#hasEnded) return;
    if (this.#lookedFor !== round) this.#parts.events.emit("gathering", { round });
    this.#lookedFor = round;
    const { run, clock, gatherMs } = this.#parts;
    const wish = this.#wishFor(round);
    if (wish === "now") {
      this.stop();
      this.#parts.onReady();
    } else if (wish !== undefined && wish !== this.#wait?.kind) {
      this.stop();
      const cancel = clock.after(wish === "smaller" ? gatherMs : run.terms.deadline.stageMs, () => {
        this.#wait = undefined;
        // Whoever was there when the wait began may be gone.
        const isStill = this.#wishFor(round);
        if (isStill === wish || isStill === "now") this.#parts.onReady();
        else this.consider(round);
      });
      this.#wait = { kind: wish, cancel };
    }
  }

  /** Waits no more. */
  stop(): void {
    this.#wait?.cancel();
    this.#wait = undefined;
  }

  /** No round begins any more. */
  end(): void {
    this.#hasEnded = true;
    this.stop();
  }

  #wishFor(round: number): "now" | Wait | undefined {
    const { size: full, min: least } = this.#parts.run.terms.cohort;
    const { size } = this.#at(round);
    if (size >= full) return "now";
    if (size >= least) return "smaller";
    if (this.#connected.size < least) return undefined;
    if (this.#wait?.kind === "pass" || this.#mayCome(round, least)) return "pass";
    if (this.#starvedRound !== round) this.#parts.events.emit("starved", { round, connected: this.#connected.size, candidates: size });
    this.#starvedRound = round;
    return undefined;
  }

  /** True when so many of those who are there may take part in some later round. */
  #mayCome(round: number, least: number): boolean {
    let count = 0;
    for (const client of this.#connected) if (this.#parts.ledger.mayReturn(client, round + 1) && ++count >= least) return true;
    return false;
  }

  #at(round: number): ReadonlySet<string> {
    if (this.#round !== round) {
      this.#round = round;
      this.#candidates = new Set([...this.#connected].filter((client) => this.#parts.ledger.admits(client, round)));
    }
    return this.#candidates;
  }
}
