/** The result of a simulation or live run, as `--json` writes it, and its parts that both kinds share. Imports evaluation. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RoundQuality } from "../shared/evaluation/evaluation.ts";
import type { GroupPrice } from "../shared/groups.ts";
import type { RatingMatrix } from "../shared/math/ratings.ts";
import type { EpsilonByView, PrivacyResult } from "../shared/privacy-account.ts";
import { runPrice } from "../shared/run.ts";
import type { StepFigures } from "./arrival-options.ts";
import { type AttackResult, attackFigures } from "./attack-figures.ts";
import type { PartTally } from "./attack-tally.ts";
import { baselines } from "./baselines/index.ts";
import { type DeclaredFigures, figuresByDeclared } from "./declared-groups.ts";
import {
  type EvaluateInput,
  type Evaluation,
  evaluatePeople,
  type PeopleEvaluation,
  type ScoresFor,
  type Served,
  summarize,
} from "./evaluate.ts";
import { type FigureGroups, figuresByFifth, trainingFifths } from "./fifths.ts";
import { packageVersion } from "./package-root.ts";
import type { Prepared } from "./prepare.ts";
import type { RewardFigures } from "./rewards/options.ts";
import type { Scenario } from "./scenario.ts";
import { median } from "./statistics.ts";
import type { CatalogueFigures } from "./timeline.ts";
import type { UnlearningFigures } from "./unlearning/options.ts";

/** A round of a result. */
export interface RoundResult {
  readonly round: number;
  readonly outcome: "published" | "abandoned";
  readonly invited: number;
  readonly accepted: number;
  /** Lost, or later than the deadline. */
  readonly dropped: number;
  /** Refused contributions: not finite, or not encodable. */
  readonly rejected: number;
  /** How long the stage was: virtual in a simulation, real in a live run. */
  readonly seconds: number;
  /** Bytes of all sealed contributions; for live runs everything that devices sent. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /**
   * Where devices choose which rows they send: mean over the devices of what the row numbers tell of which items they touched, in bits, to whoever
   * sees no values. Whoever reads the values is told everything.
   */
  readonly revealedBits?: number;
  /** Of a round whose cohort was split into groups: how many groups' sums were revealed, and how many groups were lost. */
  readonly sums?: { readonly revealed: number; readonly lost: number };
  /** What the rounds up to this one cost a user, for each observer; absent when nothing is promised. */
  readonly epsilon?: EpsilonByView;
  /** On validation, when the scenario evaluates on the way. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Of the model before the round, by its devices, where the scenario has them judge it. */
  readonly federatedMetrics?: FederatedFigures;
  /** The catalogue that the next round is asked with, where items come and go. */
  readonly catalogue?: CatalogueFigures;
}

/** What devices found, and what the same people's ratings say in one place. */
export interface FederatedFigures extends RoundQuality {
  /** The same metrics of the same model over the same people, computed in one place; absent in live runs. */
  readonly central?: Readonly<Record<string, number>>;
}

/** The result. The same seed gives the same but for `timing`, `memory` and `version`, at any number of workers. */
export interface Result {
  readonly version: string;
  readonly scenario: Scenario;
  readonly dataset: {
    readonly name: string;
    readonly users: number;
    readonly items: number;
    readonly ratings: number;
    readonly sha256: string;
    readonly splitHash: string;
    readonly notes: readonly string[];
  };
  readonly protocol: string;
  /** By metric of `metrics.test`: how it was measured. */
  readonly protocols: Readonly<Record<string, string>>;
  readonly isLeaking: boolean;
  /** How people got the part that they were judged with, in words. */
  readonly served: string;
  /** False when the run was interrupted: the figures are those of the rounds so far, and baselines may be missing. */
  readonly isComplete: boolean;
  readonly rounds: readonly RoundResult[];
  readonly metrics: {
    readonly test: Readonly<Record<string, number>>;
    readonly validation: Readonly<Record<string, number>>;
    /** On test. */
    readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
    /** Of those that score everyone; what the figures of rounds are compared with: empty unless the scenario evaluates on the way. */
    readonly validationBaselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
    /** On test, by popularity of items, activity of people, and what people said of themselves where the data tells it. */
    readonly groups: FigureGroups & { readonly declared: readonly DeclaredFigures[] };
    /** On test, the people whose devices take part in no round; absent where everyone's may. */
    readonly newcomers?: NewcomerFigures;
    /** By sampled metric of `test`, standard deviation over the draws of negatives; empty unless several were drawn. */
    readonly spread: Readonly<Record<string, number>>;
  };
  /** What is proved about a user's privacy. */
  readonly privacy: PrivacyResult;
  readonly protection: Readonly<Record<string, unknown>>;
  /** What the rule and its groups cost and buy; absent for the plain sum of whole cohorts. */
  readonly aggregation?: GroupPrice;
  /** What devices that are not honest did, by part; absent where all are honest. All other figures of quality are of the honest people. */
  readonly adversaries?: readonly AttackResult[];
  /** Where items come and go. */
  readonly catalogue?: CatalogueResult;
  /** Where ratings arrive on the way: the first part, then each step. */
  readonly timeline?: readonly StepFigures[];
  /** What devices' contributions were worth, where the scenario shares it out. */
  readonly rewards?: RewardFigures;
  /** What is left of people who left, where the scenario has some do so. */
  readonly unlearning?: UnlearningFigures;
  readonly traffic: { readonly upBytesPerClientRound: number; readonly downBytesPerClientRound: number };
  readonly timing: {
    readonly totalSeconds: number;
    readonly roundSecondsMedian: number;
    /** Null where devices share processes: their own time is not measured there. */
    readonly clientSecondsMedian: number | null;
    readonly roundSeconds: readonly number[];
  };
  readonly memory: { readonly peakRssBytes: number };
}

/** What became of a run's catalogue. */
export interface CatalogueResult {
  /** Rows of the table. */
  readonly capacity: number;
  /** At the end. */
  readonly live: number;
  readonly candidates: number;
  readonly waiting: number;
  /** The most rows in use behind any round. */
  readonly mostRows: number;
  /** Of all rounds: what a device that follows every one receives. */
  readonly deltaBytes: number;
  /** The whole at the end: what a device that comes anew receives. */
  readonly wholeBytes: number;
}

/** Quality for people of whom training knows nothing: each is served by a local solve against the published model. */
export interface NewcomerFigures {
  /** How many of them are judged. */
  readonly users: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** Of the baselines that score everyone. */
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What a training gave, before it is evaluated. */
export interface Training {
  readonly rounds: readonly RoundResult[];
  readonly roundSeconds: readonly number[];
  readonly clientSeconds: readonly number[];
  readonly served: Served;
  /** Where some devices are not honest: what became of their answers, and how people with other ratings would be served. */
  readonly attack?: { readonly parts: readonly PartTally[]; scoresBy(ratings: RatingMatrix): ScoresFor };
  /** Whether people were judged with the parts that their devices trained; otherwise each by a local solve. */
  readonly isJudgedAsTrained: boolean;
  /** Whether all rounds were run. */
  readonly isComplete: boolean;
  readonly privacy: PrivacyResult;
  /** Bytes of the catalogue at the end, where items come and go. */
  readonly wholeCatalogueBytes?: number;
  /** Where ratings arrive on the way. */
  readonly steps?: readonly StepFigures[];
  /** Where rounds' gains are shared out. */
  readonly rewards?: RewardFigures;
  /** Where people left on the way. */
  readonly unlearning?: UnlearningFigures;
}

/** Evaluates a part of the split as the scenario says. */
export function evaluatePart(prepared: Prepared, served: Served, part: "validation" | "test", users?: Int32Array): Evaluation {
  return summarize(evaluatePeoplePart(prepared, served, part, users === undefined ? {} : { users }));
}

function evaluatePeoplePart(
  prepared: Prepared,
  served: Served,
  part: "validation" | "test",
  who: Pick<EvaluateInput, "users" | "itemGroups">,
): PeopleEvaluation {
  const { scenario, split, run, dataset, judged } = prepared;
  const users = bothOf(who.users, judged);
  const { metrics, candidates, negatives, negativeDraws } = scenario.evaluation;
  return evaluatePeople({
    ...served,
    split,
    part,
    objective: run.model.objective,
    ...(metrics.length === 0 ? {} : { metrics }),
    ratingRange: dataset.ratingRange,
    candidates,
    negatives,
    negativeDraws,
    seed: scenario.seed,
    ...who,
    ...(users === undefined ? {} : { users }),
  });
}

/** Who is in both lists; an absent one holds everyone. */
function bothOf(a: Int32Array | undefined, b: Int32Array | undefined): Int32Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const other = new Set(b);
  return a.filter((user) => other.has(user));
}

/**
 * Evaluates a training and its baselines, and puts the result together.
 * @param signal once it is aborted, the baselines that are not ready yet are left out
 */
export async function assembleResult(prepared: Prepared, training: Training, startedMs: number, signal?: AbortSignal): Promise<Result> {
  const { scenario, dataset, split, participants } = prepared;
  const fifths = trainingFifths(split.training);
  const itemGroups = fifths.items.group;
  const people = evaluatePeoplePart(prepared, training.served, "test", { itemGroups });
  const test = summarize(people);
  const validation = evaluatePart(prepared, training.served, "validation");
  const compared: Record<string, Readonly<Record<string, number>>> = {};
  const onValidation: Record<string, Readonly<Record<string, number>>> = {};
  const everyone = new Map<string, PeopleEvaluation>();
  const scored = new Map<string, ScoresFor>();
  for (const baseline of baselines.filter(({ name }) => scenario.baselines.includes(name))) {
    // A pending signal gets its turn.
    await nextTurn();
    if (signal?.aborted === true) break;
    const ready = baseline.prepare({ run: prepared.fixed, split, participants, rounds: scenario.rounds, seed: scenario.seed });
    const { users } = ready;
    const served = { scoresFor: ready.scoresFor };
    const judged = evaluatePeoplePart(prepared, served, "test", { itemGroups, ...(users === undefined ? {} : { users }) });
    compared[baseline.name] = summarize(judged).metrics;
    // Of a sample of the people fifths would be of a few, and each of them costs a training.
    if (users !== undefined) continue;
    everyone.set(baseline.name, judged);
    scored.set(baseline.name, ready.scoresFor);
    if (scenario.evaluation.every > 0 && split.counts.validation > 0) {
      onValidation[baseline.name] = evaluatePart(prepared, served, "validation").metrics;
    }
  }
  const published = training.rounds.filter(({ outcome }) => outcome === "published");
  const accepted = published.reduce((total, { accepted: count }) => total + count, 0);
  return {
    version: packageVersion(),
    scenario,
    dataset: {
      name: dataset.name,
      users: dataset.matrix.users,
      items: dataset.matrix.items,
      ratings: dataset.matrix.values.length,
      sha256: dataset.sha256,
      splitHash: split.hash,
      notes: [...dataset.notes, ...split.notes],
    },
    protocol: Object.values(test.protocols)[0] ?? split.label,
    protocols: test.protocols,
    isLeaking: test.isLeaking,
    served: servedInWords(training.isJudgedAsTrained, scenario),
    isComplete: training.isComplete,
    rounds: training.rounds,
    metrics: {
      test: test.metrics,
      validation: split.counts.validation > 0 ? validation.metrics : {},
      baselines: compared,
      validationBaselines: onValidation,
      groups: {
        ...figuresByFifth(fifths, people, everyone),
        declared: figuresByDeclared(dataset.userAttributes ?? [], people, everyone, scenario.seed),
      },
      ...newcomerFigures(participants, people, everyone),
      spread: test.spread,
    },
    privacy: training.privacy,
    protection: describeProtection(prepared),
    ...describeAggregation(prepared),
    ...describeAttack(prepared, training, scored),
    ...describeCatalogue(prepared, training),
    ...(training.steps === undefined ? {} : { timeline: training.steps }),
    ...(training.rewards === undefined ? {} : { rewards: training.rewards }),
    ...(training.unlearning === undefined ? {} : { unlearning: training.unlearning }),
    traffic: {
      upBytesPerClientRound: Math.round(sum(published, "bytesUp") / Math.max(1, accepted)),
      downBytesPerClientRound: Math.round(
        sum(published, "bytesDown") /
          Math.max(
            1,
            published.reduce((total, { invited }) => total + invited, 0),
          ),
      ),
    },
    timing: {
      totalSeconds: (performance.now() - startedMs) / 1000,
      roundSecondsMedian: median(training.roundSeconds),
      clientSecondsMedian: training.clientSeconds.length === 0 ? null : median(training.clientSeconds),
      roundSeconds: training.roundSeconds,
    },
    memory: { peakRssBytes: process.resourceUsage().maxRSS * 1024 },
  };
}

function describeAttack(
  { cast, judged, split }: Prepared,
  { served, attack }: Training,
  baselines: ReadonlyMap<string, ScoresFor>,
): { readonly adversaries?: readonly AttackResult[] } {
  if (cast === undefined || judged === undefined || attack === undefined) return {};
  const input = { training: split.training, judged, scoresFor: served.scoresFor, baselines, scoresBy: attack.scoresBy };
  return { adversaries: attackFigures(cast, attack.parts, input) };
}

function describeCatalogue({ run }: Prepared, { rounds, wholeCatalogueBytes }: Training): { readonly catalogue?: CatalogueResult } {
  const versions = rounds.flatMap(({ catalogue }) => (catalogue === undefined ? [] : [catalogue]));
  const newest = versions.at(-1);
  if (newest === undefined || wholeCatalogueBytes === undefined) return {};
  const { live, candidates, waiting } = newest;
  const mostRows = versions.reduce((most, version) => Math.max(most, version.live + version.candidates), 0);
  const deltaBytes = versions.reduce((total, version) => total + version.deltaBytes, 0);
  return { catalogue: { capacity: run.terms.items, live, candidates, waiting, mostRows, deltaBytes, wholeBytes: wholeCatalogueBytes } };
}

function servedInWords(isJudgedAsTrained: boolean, { evaluation: { interests, diversity } }: Scenario): string {
  const how = isJudgedAsTrained ? "everyone served by what their device trained" : "everyone served by a local solve";
  return `${how}${interests > 1 ? `, up to ${interests} interests` : ""}${diversity > 0 ? `, diversity ${diversity}` : ""}`;
}

function newcomerFigures(
  participants: Int32Array,
  people: PeopleEvaluation,
  baselines: ReadonlyMap<string, PeopleEvaluation>,
): { readonly newcomers?: NewcomerFigures } {
  const insiders = new Set(participants);
  const isNew = (user: number): boolean => !insiders.has(user);
  const { metrics, users } = summarize(people, isNew);
  if (users === 0) return {};
  const compared = [...baselines].map(([name, baseline]) => [name, summarize(baseline, isNew).metrics] as const);
  return { newcomers: { users, metrics, baselines: Object.fromEntries(compared) } };
}

/** The protection's public options, without the run's own key, which differs from run to run. */
function describeProtection({ run }: Prepared): Readonly<Record<string, unknown>> {
  const { publicKey: _key, keyholders: _holders, ...options } = run.terms.protection as Record<string, unknown>;
  return { ...options, valuesPerContribution: run.sharing.size, range: run.terms.range ?? run.range };
}

function describeAggregation({ run }: Prepared): { readonly aggregation?: GroupPrice } {
  const price = runPrice(run);
  return price === undefined ? {} : { aggregation: price };
}

function sum(rounds: readonly RoundResult[], key: "bytesUp" | "bytesDown"): number {
  return rounds.reduce((total, round) => total + round[key], 0);
}
