/**
 * Token buckets: how much may come in a second, and in one go. Time is an argument. Imports nothing.
 *
 * A bucket of `burst` tokens fills at `perSecond`. Once a request is refused all further ones are until the wait that it was told is over:
 * so that what a client sent behind a refused message does not overtake it.
 */

/** One bucket. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #atMs: number;
  #closedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#atMs = nowMs;
  }

  /**
   * Takes `cost` tokens, or none.
   * @returns 0 when they were there; otherwise how many milliseconds to wait before the next attempt. More than a burst counts as one.
   */
  take(cost: number, nowMs: number): number {
    if (nowMs < this.#closedUntilMs) return this.#closedUntilMs - nowMs;
    this.#fill(nowMs);
    const needed = Math.min(cost, this.#burst);
    if (this.#tokens >= needed) {
      this.#tokens -= needed;
      return 0;
    }
    const waitMs = ((needed - this.#tokens) / this.#perSecond) * 1_000;
    this.#closedUntilMs = nowMs + waitMs;
    return waitMs;
  }

  /** Takes what has been spent already: the debt delays what comes next. */
  charge(cost: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#tokens -= cost;
  }

  /** True when it is as good as a new one. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#burst && nowMs >= this.#closedUntilMs;
  }

  #fill(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#atMs) / 1_000) * this.#perSecond);
    this.#atMs = nowMs;
  }
}

/** Something for each key, for `maxKeys` keys at most: of too many, the one that was used longest ago is forgotten. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #maxKeys: number;
  readonly #create: () => Value;

  constructor(maxKeys: number, create: () => Value) {
    this.#maxKeys = maxKeys;
    this.#create = create;
  }

  /** The key's own. */
  of(key: string): Value {
    const value = this.#values.get(key) ?? this.#create();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#maxKeys) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }

  /** How many keys are known. */
  get size(): number {
    return this.#values.size;
  }
}

/** What one peer may send: messages and bytes. */
export interface MeterLimits {
  readonly requestsPerSecond: number;
  readonly requestBurst: number;
  readonly bytesPerSecond: number;
  readonly byteBurst: number;
}

/** The messages and bytes of one peer. */
export class Meter {
  readonly #requests: Bucket;
  readonly #bytes: Bucket;

  constructor(limits: MeterLimits, nowMs: number) {
    this.#requests = new Bucket(limits.requestsPerSecond, limits.requestBurst, nowMs);
    this.#bytes = new Bucket(limits.bytesPerSecond, limits.byteBurst, nowMs);
  }

  /** Counts a message. @returns 0, or how many milliseconds it must wait */
  take(bytes: number, nowMs: number): number {
    return this.#requests.take(1, nowMs) || this.#bytes.take(bytes, nowMs);
  }

  /** Counts the bytes of an answer to it. */
  charge(bytes: number, nowMs: number): void {
    this.#bytes.charge(bytes, nowMs);
  }
}
