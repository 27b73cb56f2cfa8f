/**
 * Has one sum opened by as many keyholders as it takes: asks that many at once, a further one for each that fails, lies, is lost or is
 * silent. Imports shared and the exchange.
 */
import type { Clock } from "../shared/clock.ts";
import { CofactorError, type ErrorCode, isCofactorError } from "../shared/errors.ts";
import type { AcceptPart } from "../shared/protections/protection.ts";
import type { Channel } from "../shared/transport.ts";

/** What an opening works with. */
export interface OpeningParts {
  readonly clock: Clock;
  /** Identity keys of the run's keyholders, by their place in the terms. */
  readonly keyholders: readonly string[];
  readonly needed: number;
  /** The connected ones, by place. */
  readonly connected: ReadonlyMap<number, Channel>;
  /** How long it waits while fewer are there than it takes. */
  readonly waitMs: number;
  /** How long a keyholder may be silent before a further one is asked. */
  readonly hedgeMs: number;
  readonly ask: (channel: Channel, signal: AbortSignal, onProgress: () => void) => Promise<Uint8Array>;
  readonly accept: AcceptPart;
  readonly onBlamed: (keyholder: number, reason: string) => void;
  readonly onDeclined: (keyholder: number, code: ErrorCode) => void;
}

interface Asked {
  readonly channel: Channel;
  readonly controller: AbortController;
  /** True when it has been silent for too long: it may still answer, but another one is asked beside it. */
  isSilent: boolean;
  cancelHedge: () => void;
}

/** How often one keyholder is asked for the same sum: it is asked again when it was lost and when it said so. */
const maxAttempts = 20;
const busyPauseMs = 1_000;

/** Errors made on this side about answers that no honest keyholder gives. */
const faultCodes: readonly ErrorCode[] = ["DECRYPT_FAILED", "MESSAGE_MALFORMED", "MESSAGE_TOO_LARGE"];

/** One sum on its way through the keyholders. */
export class Opening {
  /** Settles when enough parts were accepted. @throws CofactorError DECRYPT_FAILED, CANCELLED */
  readonly done: Promise<void>;
  readonly #parts: OpeningParts;
  readonly #asked = new Map<number, Asked>();
  readonly #accepted = new Set<number>();
  /** Not to be asked any more, and why. */
  readonly #out = new Map<number, string>();
  readonly #blamed: number[] = [];
  readonly #attempts = new Map<number, number>();
  /** Those that are to be left alone for a moment. */
  readonly #paused = new Map<number, () => void>();
  #cancelWait: (() => void) | undefined;
  #isOver = false;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;

  constructor(parts: OpeningParts) {
    this.#parts = parts;
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Asks whoever is to be asked now: at the start, and whenever a keyholder came or went. */
  advance(): void {
    if (this.#isOver) return;
    const { keyholders, needed } = this.#parts;
    const missing = needed - this.#accepted.size;
    const left = keyholders.length - this.#out.size - this.#accepted.size;
    if (missing <= 0) this.#end(this.#resolve);
    else if (left < missing) this.fail("DECRYPT_FAILED", this.#reason(), false);
    else this.#askMore(missing);
  }

  #askMore(missing: number): void {
    const { connected } = this.#parts;
    let speaking = [...this.#asked.values()].filter(({ isSilent }) => !isSilent).length;
    for (const [place, channel] of [...connected].sort(([left], [right]) => left - right)) {
      if (speaking >= missing) break;
      if (!channel.isOpen || this.#asked.has(place) || this.#accepted.has(place) || this.#out.has(place) || this.#paused.has(place))
        continue;
      this.#ask(place, channel);
      speaking += 1;
    }
    this.#wait(this.#asked.size + this.#paused.size < missing);
  }

  /** Ends it without a result. */
  fail(code: ErrorCode, reason: string, retryable: boolean): void {
    const culprits = this.#blamed.map((place) => this.#parts.keyholders[place]!);
    this.#end(() => this.#reject(new CofactorError(code, reason, { culprits, retryable })));
  }

  #end(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#wait(false);
    for (const cancel of this.#paused.values()) cancel();
    for (const asked of this.#asked.values()) {
      asked.cancelHedge();
      asked.controller.abort();
    }
    settle();
  }

  /** While fewer are there than it takes, the time for waiting runs. */
  #wait(isWaiting: boolean): void {
    if (!isWaiting) {
      this.#cancelWait?.();
      this.#cancelWait = undefined;
    } else {
      this.#cancelWait ??= this.#parts.clock.after(this.#parts.waitMs, () => this.fail("DECRYPT_FAILED", this.#reason(), true));
    }
  }

  #ask(place: number, channel: Channel): void {
    const { clock, hedgeMs } = this.#parts;
    const asked: Asked = { channel, controller: new AbortController(), isSilent: false, cancelHedge: () => undefined };
    const onProgress = (): void => {
      asked.cancelHedge();
      if (this.#isOver) return;
      asked.isSilent = false;
      asked.cancelHedge = clock.after(hedgeMs, () => {
        asked.isSilent = true;
        this.advance();
      });
    };
    this.#asked.set(place, asked);
    this.#attempts.set(place, (this.#attempts.get(place) ?? 0) + 1);
    onProgress();
    this.#parts
      .ask(channel, asked.controller.signal, onProgress)
      .then(
        (bytes) => this.#take(place, bytes),
        (error: unknown) => this.#lose(place, channel, error),
      )
      .catch((error: unknown) => this.#end(() => this.#reject(error)))
      .finally(() => asked.cancelHedge());
  }

  async #take(place: number, bytes: Uint8Array): Promise<void> {
    if (this.#isOver) return;
    this.#asked.get(place)?.cancelHedge();
    let error: unknown;
    try {
      await this.#parts.accept({ keyholder: place, bytes });
    } catch (refusal) {
      error = refusal;
    }
    if (this.#isOver) return;
    this.#drop(place);
    if (error === undefined) this.#accepted.add(place);
    else this.#blame(place, error);
    this.advance();
  }

  /** A conversation that came to nothing. What is wrong on this side ends the opening; nobody is blamed for it. */
  #lose(place: number, channel: Channel, error: unknown): void {
    if (this.#isOver) return;
    this.#drop(place);
    if (!isCofactorError(error)) throw error;
    const isRefusal = error.details["remote"] === true;
    const isLost = !channel.isOpen || error.code === "DISCONNECTED" || error.code === "TIMED_OUT";
    if (isLost || (isRefusal && error.retryable)) this.#askAgain(place, channel);
    else if (isRefusal) {
      this.#out.set(place, `refused with ${error.code}: ${error.message}`);
      this.#parts.onDeclined(place, error.code);
    } else if (faultCodes.includes(error.code)) this.#blame(place, error);
    else throw error;
    this.advance();
  }

  #blame(place: number, error: unknown): void {
    const reason = isCofactorError(error) ? error.message : "its part could not be read";
    this.#out.set(place, `is to blame: ${reason}`);
    this.#blamed.push(place);
    this.#parts.onBlamed(place, reason);
  }

  /** A lost one is asked again as soon as it is back; one that is there, but slow or busy, after a pause that grows. */
  #askAgain(place: number, channel: Channel): void {
    const attempts = this.#attempts.get(place)!;
    if (attempts >= maxAttempts) this.#out.set(place, "was lost again and again");
    if (attempts >= maxAttempts || !channel.isOpen) return;
    const cancel = this.#parts.clock.after(busyPauseMs * attempts, () => {
      this.#paused.delete(place);
      this.advance();
    });
    this.#paused.set(place, cancel);
  }

  #drop(place: number): void {
    this.#asked.get(place)?.cancelHedge();
    this.#asked.delete(place);
  }

  #reason(): string {
    const { keyholders, needed } = this.#parts;
    const out = [...this.#out].map(([place, why]) => `; keyholder ${place} ${why}`).join("");
    const came = this.#accepted.size;
    if (keyholders.length === 0) return "the terms name no keyholder";
    return `opening the sum expected ${needed} of ${keyholders.length} keyholders, got ${came}: are their processes running?${out}`;
  }
}
