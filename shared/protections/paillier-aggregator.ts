/** The aggregator's half of `paillier`: multiplies ciphertexts, and has the product opened. Imports crypto, wire, the seam. */
import { CiphertextSum } from "../crypto/paillier/ciphertext.ts";
import { findCulprits } from "../crypto/paillier/culprits.ts";
import { unpackSums } from "../crypto/paillier/packing.ts";
import { CofactorError } from "../errors.ts";
import type { Aggregate } from "../models/model.ts";
import { decodeFixed } from "../wire/fixed-point.ts";
import type { Opening } from "./paillier-key.ts";
import { ciphertextsOf, packingOf } from "./paillier-packed.ts";
import type { AggregatorHalf, Opener, RoundFrame } from "./protection.ts";

const countBytes = 4;

/** The aggregator's half, for one round. */
export class PaillierAggregator implements AggregatorHalf {
  readonly #opening: Opening;
  readonly #frame: RoundFrame;
  readonly #sum: CiphertextSum;
  #count = 0;

  constructor(opening: Opening, frame: RoundFrame) {
    this.#opening = opening;
    this.#frame = frame;
    this.#sum = new CiphertextSum(opening.key, ciphertextsOf(opening.key, frame));
  }

  get count(): number {
    return this.#count;
  }

  begin(): void {}

  brief(): Uint8Array {
    return new Uint8Array(0);
  }

  admit(_stage: number, _client: string, answer: Uint8Array): void {
    this.#sum.check(answer);
  }

  combine(_stage: number, _client: string, answer: Uint8Array): void {
    this.#sum.add(answer);
    this.#count += 1;
  }

  export(): Uint8Array {
    const sum = this.#sum.export();
    const part = new Uint8Array(countBytes + sum.length);
    new DataView(part.buffer).setUint32(0, this.#count, true);
    part.set(sum, countBytes);
    return part;
  }

  merge(part: Uint8Array): void {
    const sum = part.subarray(countBytes);
    this.#sum.check(sum);
    this.#sum.add(sum);
    this.#count += new DataView(part.buffer, part.byteOffset, countBytes).getUint32(0, true);
  }

  async reveal(opener: Opener | undefined): Promise<Aggregate> {
    const { cohort, size, range } = this.#frame;
    const count = this.#count;
    if (count < cohort.min) throw new CofactorError("COHORT_TOO_SMALL", `a sum expected at least ${cohort.min} contributors, got ${count}`);
    const { key } = this.#opening;
    const blocks = await this.#opening.open(opener, this.#frame, count, this.#sum.export());
    return { values: decodeFixed(unpackSums(packingOf(key, this.#frame), blocks, size, count), range), count };
  }

  blame(contributions: Iterable<readonly [client: string, contribution: Uint8Array]>): readonly string[] {
    return findCulprits(this.#opening.key, contributions).map(({ client }) => client);
  }
}
