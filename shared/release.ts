/**
 * Released sums: the only thing that models advance by. Where terms promise noise at the aggregator, only its half of the privacy makes one, so
 * that a sum without noise cannot become a model. Imports errors, types of models and privacy.
 */
import { CofactorError } from "./errors.ts";
import type { Aggregate } from "./models/model.ts";
import type { AggregatorGuard, PrivacyGuard } from "./privacy/guard.ts";
import type { NoiseRng } from "./random.ts";

/** Sums that may become part of a published model. No other object passes for them, at compile time or at run time. */
class Released {
  readonly #run: string;
  readonly #sums: readonly Aggregate[];

  constructor(run: string, sums: readonly Aggregate[]) {
    this.#run = run;
    this.#sums = sums;
  }

  /** The sums, for `openReleased`. */
  static open(released: Released, run: string): readonly Aggregate[] {
    if (!(#sums in released) || released.#run !== run) {
      throw new CofactorError("INTERNAL", "a model expected a sum that was released under its own run's terms");
    }
    return released.#sums;
  }
}

/** A round's sum, or its groups' sums, that may become part of a published model: see `createReleaser`, which alone makes them. */
export type ReleasedSum = Released;

/**
 * The sums themselves, one for each group, for whoever advances a model by it.
 *
 * @param run digest of the terms that it must have been released under: others may promise less
 * @throws CofactorError INTERNAL for a sum of another run, or for what only looks like a released sum
 */
export function openReleased(released: ReleasedSum, run: string): readonly Aggregate[] {
  return Released.open(released, run);
}

/** Makes released sums of revealed ones. */
export interface Releaser {
  /** Standard deviation of the noise on every entry of the sum released last; undefined before, and where no noise is promised. */
  readonly noiseStddev: number | undefined;
  /**
   * The revealed sums of a round's groups, noised where the terms say so: such terms have one group.
   * @throws CofactorError REPLAYED for a round that was released before, where rounds' noise hangs together; INTERNAL for several sums where
   * noise is promised
   */
  release(revealed: readonly Aggregate[], round: number): ReleasedSum;
  /** Secret state that must be durable before the model that the release led to leaves; undefined when there is none. */
  exportState(): Uint8Array | undefined;
}

/** What of a run decides how sums are released. */
export interface ReleasingRun {
  readonly digest: string;
  readonly privacy: PrivacyGuard | undefined;
}

/**
 * A run's releaser.
 *
 * @param rng where noise comes from: a deployed aggregator has a SecureRng, a simulation says so
 * @param state what an earlier process's releaser exported with its last release
 */
export async function createReleaser(run: ReleasingRun, rng: NoiseRng, state?: Uint8Array): Promise<Releaser> {
  const guard: AggregatorGuard | undefined = await run.privacy?.createAggregator(rng, state);
  let noiseStddev: number | undefined;
  return {
    get noiseStddev() {
      return noiseStddev;
    },
    release(revealed, round) {
      if (guard === undefined) return new Released(run.digest, revealed);
      const [only, ...others] = revealed;
      if (only === undefined || others.length > 0) throw new CofactorError("INTERNAL", "a promise of privacy expected one sum a round");
      const sum = guard.release(only, round);
      noiseStddev = sum.noiseStddev;
      return new Released(run.digest, [sum]);
    },
    exportState: () => guard?.exportState(),
  };
}
