/**
 * When the devices of a stage are asked: the first few at once, the others at the pace at which their answers can be taken in. Devices that are
 * asked together answer together, and a server that gets a thousand answers at once lets most of them wait. Imports the clock's type.
 *
 * The pace is what an answer of that length costs here by a first guess, times a slowdown that is measured: it doubles when timers are held up,
 * grows when answers take long to become durable, and goes back by itself. Nobody is asked while many answers wait for the disk.
 */
import type { CancelTimer, Clock } from "../shared/clock.ts";

/** A stage's devices, and how to ask them. */
export interface Asking {
  readonly stage: number;
  readonly clients: readonly string[];
  /** Greatest length of an answer: the guess until some have come. */
  readonly maxAnswerBytes: number;
  /** The last one is asked within so long. */
  readonly mostMs: number;
  /** How many answers wait for the disk. */
  waiting(): number;
  ask(client: string): void;
}

/** So many are asked at once, and so many answers may wait for the disk. */
const together = 64;
const tickMs = 20;
/** What an answer costs by the first guess: this, and its bytes by so many a millisecond. */
const answerMs = 1;
const bytesPerMs = 24_576;
const mostSlowdown = 16;
/** A timer that is held up for so long shows a busy event loop. */
const lateMs = 50;
/** An answer that is not durable within so long shows a busy server. */
const slowMs = 250;

/** Asks the devices of one stage at a time. */
export class AskPace {
  readonly #clock: Clock;
  #slowdown = 1;
  #slowedAtMs = Number.NEGATIVE_INFINITY;
  /** Mean length of the answers to a stage, the last ones weighing most. */
  readonly #bytes = new Map<number, number>();
  #left = new Set<string>();
  #cancel: CancelTimer = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks the devices of a stage; whoever of an earlier one has not been asked is not asked any more. */
  begin(asking: Asking): void {
    this.stop();
    const { clients } = asking;
    this.#left = new Set(clients.slice(together));
    for (const client of clients.slice(0, together)) asking.ask(client);
    if (this.#left.size > 0) this.#wait(asking, 0);
  }

  /** True for a device whose turn is still to come. */
  isToCome(client: string): boolean {
    return this.#left.has(client);
  }

  /** An answer of a stage was taken in, so long after its last byte had come. */
  took(stage: number, bytes: number, ms: number): void {
    const known = this.#bytes.get(stage) ?? bytes;
    this.#bytes.set(stage, known + (bytes - known) / 16);
    const now = this.#clock.now();
    if (ms <= slowMs || now - this.#slowedAtMs < slowMs) return;
    this.#slowedAtMs = now;
    this.#slowdown = Math.min(mostSlowdown, this.#slowdown * 1.5);
  }

  /** Asks nobody any more. */
  stop(): void {
    this.#cancel();
    this.#left.clear();
  }

  /** @param credit how many more could have been asked so far */
  #wait(asking: Asking, credit: number): void {
    const sinceMs = this.#clock.now();
    this.#cancel = this.#clock.after(tickMs, () => {
      const elapsedMs = this.#clock.now() - sinceMs;
      if (elapsedMs > tickMs + lateMs) this.#slowdown = Math.min(mostSlowdown, this.#slowdown * 2);
      else this.#slowdown = Math.max(1, this.#slowdown * 0.99);
      // What was not asked while the loop stood still is not made up for at once.
      const gained = Math.min(elapsedMs, 2 * tickMs) / this.#intervalMs(asking);
      let due = asking.waiting() > together ? 0 : credit + gained;
      for (const client of this.#left) {
        if (due < 1) break;
        due -= 1;
        this.#left.delete(client);
        asking.ask(client);
      }
      if (this.#left.size > 0) this.#wait(asking, due);
    });
  }

  #intervalMs({ stage, clients, maxAnswerBytes, mostMs }: Asking): number {
    const bytes = this.#bytes.get(stage) ?? maxAnswerBytes;
    return Math.min((answerMs + bytes / bytesPerMs) * this.#slowdown, mostMs / clients.length);
  }
}
