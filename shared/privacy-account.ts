/** What a run costs its people, round by round and in the end: the plan beside what was run. Imports plan-run, the accountants. */
import { privacySettingOf } from "./plan-run.ts";
import { accountAsRun } from "./privacy/as-run.ts";
import { type SpentByView, spentAfter } from "./privacy/plan.ts";
import type { Run } from "./run.ts";

/** Epsilon for each observer at the promise's delta; null where nothing is proved against one. */
export interface EpsilonByView {
  /** Against the aggregator, which sees who takes part. */
  readonly server: number | null;
  /** Against whoever receives the published models. */
  readonly release: number | null;
}

/** The privacy section of a result; null where nothing is promised. */
export interface PrivacyResult {
  readonly unit: "user" | "rating";
  readonly mechanism: string;
  /** As promised for the whole run, against whom the mechanism protects from. */
  readonly epsilon: number | null;
  readonly delta: number | null;
  /** L2 bound of a contribution; null where the mechanism bounds it itself. */
  readonly clipNorm: number | null;
  /** Standard deviation of the noise on every entry of the sum that was released last. */
  readonly noiseStddev: number | null;
  readonly neighboring: "add-remove" | "replace" | "zero-out" | null;
  /** Where the noise is added, and standard deviation over sensitivity. */
  readonly placement?: "local" | "distributed" | "central";
  readonly noiseMultiplier?: number;
  /** By the plan, for all rounds begun. */
  readonly planned?: EpsilonByView;
  /** By the log: never above the plan's. */
  readonly asRun?: { readonly participations: number; readonly rounds: number; readonly epsilon: EpsilonByView };
}

const nothingPromised: PrivacyResult = {
  unit: "user",
  mechanism: "none",
  epsilon: null,
  delta: null,
  clipNorm: null,
  noiseStddev: null,
  neighboring: null,
};

/** Who took part: by device, the rounds in which it was asked for a contribution, ascending. */
export interface ParticipationLog {
  readonly log: Iterable<readonly number[]>;
}

/** Keeps the account of a training. */
export interface PrivacyAccount {
  /** What rounds up to this one cost by the plan, for the round's result; nothing where nothing is promised. May take a second. */
  after(round: number): { readonly epsilon?: EpsilonByView };
  /**
   * As of the round given to `after` last. May take a second.
   * @param noiseStddev of the sum released last
   * @throws CofactorError LEDGER_CORRUPT when the log breaks the promise
   */
  result(noiseStddev?: number): PrivacyResult;
}

/** An account over a run and the log of who took part. */
export function createPrivacyAccount(run: Run, log: ParticipationLog): PrivacyAccount {
  const guard = run.privacy;
  if (guard === undefined) return { after: () => ({}), result: () => nothingPromised };
  const setting = privacySettingOf(run);
  const { terms } = guard;
  let rounds = 0;
  let planned = toResult(spentAfter(terms, setting, 0));
  return {
    after(round) {
      if (round !== rounds) planned = toResult(spentAfter(terms, setting, round));
      rounds = round;
      return { epsilon: planned };
    },
    result(noiseStddev) {
      const { participations, spent } = accountAsRun(terms, setting, log.log, rounds);
      return {
        unit: terms.unit,
        mechanism: terms.mechanism.kind,
        epsilon: terms.epsilon,
        delta: terms.delta,
        clipNorm: guard.bound ?? null,
        noiseStddev: noiseStddev ?? null,
        neighboring: terms.neighboring,
        placement: guard.placement,
        noiseMultiplier: terms.noiseMultiplier,
        planned,
        asRun: { participations, rounds, epsilon: toResult(spent) },
      };
    },
  };
}

function toResult({ server, release }: SpentByView): EpsilonByView {
  return { server: Number.isFinite(server) ? server : null, release: Number.isFinite(release) ? release : null };
}
