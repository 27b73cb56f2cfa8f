/**
 * The correlated noise of a run, round by round: the rows of C^-1 z over vectors, with the memory of the factorization's filter. Imports
 * check, errors, factorization (types), noise-state, source (types).
 *
 * Source: Kairouz et al. 2021, https://arxiv.org/abs/2103.00039; Dvijotham et al. 2024, https://arxiv.org/abs/2404.16706, algorithm 1
 */
import { integer, lengthOf } from "../../check.ts";
import { CofactorError } from "../../errors.ts";
import type { Factorization } from "./factorization.ts";
import { decodeState, encodeState, fingerprint, type NoiseState } from "./noise-state.ts";
import type { NoiseSource } from "./source.ts";

/** What a stream of noise is made of. */
export interface CorrelatedNoiseParts {
  readonly factorization: Factorization;
  /** Fresh noise. Its standard deviation is the mechanism's: noiseMultiplier x sensitivity x clipNorm. */
  readonly source: NoiseSource;
  /** Values per vector. */
  readonly dimension: number;
}

/** A run's noise. Its memory is as secret as the noise itself. */
export interface CorrelatedNoise {
  /** That of its source: a release wants "secure". */
  readonly security: NoiseSource["security"];
  /** The next round that has not been given, from 1; rounds + 1 at the end. */
  readonly nextRound: number;
  /**
   * The noise of a round, [dimension], to be added to the round's clipped sum.
   *
   * Guarantees: every round is given at most once, in ascending order; a skipped round's noise is drawn and lost, so later rounds are what
   * they would have been.
   *
   * @param round number of the round, from 1
   * @throws CofactorError REPLAYED for a round that was given or skipped, VALUE_NOT_FINITE when the source draws anything else;
   * RangeError for a round outside 1 .. rounds
   */
  take(round: number): Float64Array;
  /**
   * The secret state as bytes, to be encrypted and stored before the noise taken so far leaves. A state that is older than a release must
   * not be restored: it does not know that its next round is taken.
   */
  export(): Uint8Array;
}

/** A run's noise from its first round. @throws RangeError when dimension is not an integer from 1 */
export function startNoise(parts: CorrelatedNoiseParts): CorrelatedNoise {
  integer(parts.dimension, 1, 2 ** 32, "dimension");
  return noiseFrom(parts, { nextRow: 0, memory: new Float64Array(slotsOf(parts) * parts.dimension) });
}

/**
 * A run's noise from exported bytes: goes on where the export was made, and bit for bit with a source that draws the same again.
 *
 * @throws CofactorError DATA_INVALID when the bytes are damaged or belong to another factorization, dimension or kind of source
 */
export function resumeNoise(parts: CorrelatedNoiseParts, bytes: Uint8Array): CorrelatedNoise {
  const size = slotsOf(parts) * integer(parts.dimension, 1, 2 ** 32, "dimension");
  return noiseFrom(parts, decodeState(bytes, fingerprint(parts.factorization), size, parts.factorization.rounds));
}

function noiseFrom(parts: CorrelatedNoiseParts, { nextRow, memory }: NoiseState): CorrelatedNoise {
  const { factorization, source, dimension } = parts;
  const { filter, rounds } = factorization;
  lengthOf(memory, slotsOf(parts) * dimension, "memory");
  const past = new Float64Array(redraws(parts) ? dimension : 0);
  let next = nextRow;

  function advance(): Float64Array {
    const row = next;
    const fresh = new Float64Array(dimension);
    source.draw(row, fresh);
    // Before the memory moves: a source that fails leaves the stream as it was, and nothing was given.
    if (!fresh.every(Number.isFinite)) throw new CofactorError("VALUE_NOT_FINITE", '"source" expected finite noise');
    next += 1;
    const step = { row, dimension, memory };
    filter.step(fresh, redraws(parts) ? { ...step, redraw } : step);
    return fresh;
  }

  function redraw(row: number): Float64Array {
    source.draw(row, past);
    return past;
  }

  return {
    security: source.security,
    get nextRound() {
      return next + 1;
    },
    take(round) {
      integer(round, 1, rounds, "round");
      if (round <= next) {
        throw new CofactorError("REPLAYED", `noise of round ${round} expected at most once, and the next round is ${next + 1}`);
      }
      while (next < round - 1) advance();
      return advance();
    },
    export: () => encodeState({ nextRow: next, memory }, fingerprint(factorization)),
  };
}

/** True when the filter looks back at fresh vectors and the source can draw them again. */
function redraws({ factorization, source }: CorrelatedNoiseParts): boolean {
  return source.isRepeatable && factorization.filter.remembers === "inputs";
}

function slotsOf(parts: CorrelatedNoiseParts): number {
  return redraws(parts) ? 0 : parts.factorization.filter.slots;
}
