/** The aggregator's half of no protection: adds what it reads. Imports errors, math, the seam. */
import { CofactorError } from "../errors.ts";
import { addInto } from "../math/linear.ts";
import type { AggregatorHalf, RoundFrame } from "./protection.ts";

/** The aggregator's half, for one round. */
export class OpenAggregator implements AggregatorHalf {
  readonly #frame: RoundFrame;
  readonly #sum: Float64Array;
  #count = 0;

  constructor(frame: RoundFrame) {
    this.#frame = frame;
    this.#sum = new Float64Array(frame.scattered?.sumSize ?? frame.size);
  }

  get count(): number {
    return this.#count;
  }

  begin(): void {}

  brief(): Uint8Array {
    return new Uint8Array(0);
  }

  admit(_stage: number, _client: string, answer: Uint8Array): void {
    const values = this.#view(answer);
    assertFinite(values);
    this.#frame.scattered?.check(values);
    // A huge number would round away the low bits of what others send, and with them the bound that noise was sized for.
    if (this.#frame.isNoisedLater === true) assertWithin(values, this.#frame.range.maxAbs);
  }

  combine(_stage: number, _client: string, answer: Uint8Array): void {
    const values = this.#view(answer);
    const { scattered } = this.#frame;
    if (scattered === undefined) addInto(this.#sum, values);
    else scattered.addInto(this.#sum, values);
    this.#count += 1;
  }

  export(): Uint8Array {
    const part = new Float64Array(this.#sum.length + 1);
    part.set(this.#sum);
    part[this.#sum.length] = this.#count;
    return new Uint8Array(part.buffer);
  }

  merge(part: Uint8Array): void {
    const values = toFloats(part, this.#sum.length + 1);
    addInto(this.#sum, values);
    this.#count += values[this.#sum.length]!;
  }

  async reveal(): Promise<{ values: Float64Array; count: number }> {
    const { min } = this.#frame.cohort;
    if (this.#count < min) throw new CofactorError("COHORT_TOO_SMALL", `a sum expected at least ${min} contributors, got ${this.#count}`);
    return { values: this.#sum.slice(), count: this.#count };
  }

  #view(answer: Uint8Array): Float64Array {
    return toFloats(answer, this.#frame.size);
  }
}

/** Bytes as floats, without a copy where the alignment allows it. */
function toFloats(bytes: Uint8Array, size: number): Float64Array {
  if (bytes.length !== size * 8) {
    throw new CofactorError("SHAPE_MISMATCH", `"contribution" expected ${size * 8} bytes (${size} values), got ${bytes.length}`);
  }
  if (bytes.byteOffset % 8 === 0) return new Float64Array(bytes.buffer, bytes.byteOffset, size);
  return new Float64Array(bytes.slice().buffer);
}

/** @throws CofactorError VALUE_NOT_FINITE naming the place, never the value */
function assertFinite(values: Float64Array): void {
  // Zero times an entry is NaN exactly when the entry is not finite. Four sums at once: each would wait for its own last addition.
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  const even = values.length & ~3;
  for (let i = 0; i < even; i += 4) {
    a += values[i]! * 0;
    b += values[i + 1]! * 0;
    c += values[i + 2]! * 0;
    d += values[i + 3]! * 0;
  }
  for (let i = even; i < values.length; i++) a += values[i]! * 0;
  if (a + b + c + d !== 0) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    throw new CofactorError("VALUE_NOT_FINITE", `"contribution" expected finite values, entry ${at} is not`);
  }
}

/** @throws CofactorError UPDATE_REJECTED naming the place, never the value */
function assertWithin(values: Float64Array, maxAbs: number): void {
  const at = values.findIndex((value) => Math.abs(value) > maxAbs);
  if (at >= 0) throw new CofactorError("UPDATE_REJECTED", `"contribution" expected entries up to ${maxAbs} in size, entry ${at} is larger`);
}
