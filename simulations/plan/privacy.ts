/**
 * Mechanisms ranked for a job: how much noise each puts on a coordinate for one promise, what it costs beside that, and whom it holds against.
 * Nothing is measured: all follows from the plans. Imports shared, pricing, report.
 */

import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import { createGuard, type GuardSetting, guardParts } from "../../shared/privacy/guard.ts";
import { factorizations } from "../../shared/privacy/matrix/index.ts";
import type { Participation } from "../../shared/privacy/matrix/participation.ts";
import { mechanisms } from "../../shared/privacy/mechanisms/index.ts";
import { planPrivacy, type SpentByView, spentAfter } from "../../shared/privacy/plan.ts";
import type { PrivacyInput, PrivacyTerms } from "../../shared/privacy/promise.ts";
import { createRng, simulationRng } from "../../shared/random.ts";
import { formatBytes } from "../../shared/report/numbers.ts";
import { encodedBits } from "../../shared/wire/fixed-point.ts";
import { mostByCoins } from "../population.ts";
import type { Job } from "./pricing.ts";

/** What a run shall promise. */
export interface PrivacyWish {
  readonly epsilon: number;
  readonly delta: number;
  readonly participation: Participation;
  readonly population: number;
  readonly against: "server" | "release";
}

/** A mechanism's row. */
export interface MechanismRow {
  readonly name: string;
  /** Absent when the mechanism cannot make the promise. */
  readonly noise?: {
    /** Standard deviation on an entry of a round's sum, over the clip's bound and the size of a cohort: noise of the mean contribution. */
    readonly round: number;
    /** The same on the sum of the means so far, where it is largest: the noise of a model that adds its steps up, which the rank is by. */
    readonly running: number;
  };
  readonly noiseMultiplier?: number;
  readonly spent?: SpentByView;
  /** Secret state of the aggregator between rounds. */
  readonly stateBytes?: number;
  /** Of a contribution in fixed point, before the protection. */
  readonly upBytes?: number;
  readonly refusal?: string;
}

interface PrivacyOptions {
  readonly epsilon?: number | undefined;
  readonly delta: number;
  readonly participations?: number | undefined;
  readonly separation: number;
  readonly population?: number | undefined;
  readonly against: string;
}

/** The wish that was typed; undefined without --epsilon. @throws CofactorError CONFIG_INVALID naming the option */
export function toWish(options: PrivacyOptions, job: Job): PrivacyWish | undefined {
  const { epsilon, delta, separation, against } = options;
  if (epsilon === undefined) return undefined;
  const refuse = (message: string): never => {
    throw new CofactorError("CONFIG_INVALID", message);
  };
  if (job.groups > 1) refuse('"--epsilon" expected no groups: noise is sized for one sum a round; nearest: --groups 1');
  if (!(epsilon > 0)) refuse(`"--epsilon" expected a number above 0, got ${epsilon}`);
  if (!(delta > 0 && delta < 1)) refuse(`"--delta" expected a number between 0 and 1, got ${delta}`);
  const participations = options.participations ?? job.rounds;
  for (const [name, value] of [["participations", participations] as const, ["separation", separation] as const]) {
    if (!Number.isInteger(value) || value < 1 || value > job.rounds)
      refuse(`"--${name}" expected a whole number from 1 to ${job.rounds}, got ${value}`);
  }
  const population = options.population ?? job.clients;
  if (!Number.isInteger(population) || population < job.clients)
    refuse(`"--population" expected at least ${job.clients}, got ${population}`);
  if (against !== "server" && against !== "release") return refuse(`"--against" expected server or release, got "${against}"`);
  return { epsilon, delta, population, against, participation: { kind: "min-separation", participations, separation } };
}

/** All mechanisms, the matrix mechanism once for each strategy, and central noise with cohorts by coins: least noise first, then what is refused. */
export async function rankMechanisms(
  job: Job,
  wish: PrivacyWish,
  say: (what: string) => void,
  signal: AbortSignal,
): Promise<MechanismRow[]> {
  const rows: MechanismRow[] = [];
  for (const { name, input } of candidatesFor(job, wish)) {
    signal.throwIfAborted();
    say(name);
    rows.push(await rowFor(name, input, job, wish));
  }
  return rows.sort((a, b) => (a.noise?.running ?? Number.POSITIVE_INFINITY) - (b.noise?.running ?? Number.POSITIVE_INFINITY));
}

interface Candidate {
  readonly name: string;
  readonly input: PrivacyInput;
}

/** Strategies whose optimizers take more than seconds beyond so many rounds. */
const mostDenseRounds = 512;

function candidatesFor({ clients, rounds }: Job, { epsilon, delta, participation, population }: PrivacyWish): Candidate[] {
  const promise = { epsilon, delta, participation };
  const plain = mechanisms.filter(({ runEvent }) => runEvent === undefined);
  const withStrategies = mechanisms.filter(({ runEvent }) => runEvent !== undefined);
  const quick = factorizations.filter(({ kind }) => rounds <= mostDenseRounds || (kind !== "dense" && kind !== "banded"));
  return [
    ...plain.map(({ kind, placement }) => {
      const section = placement === "distributed" ? { kind, corruption: 0 } : { kind };
      return { name: kind, input: { ...promise, mechanism: section } };
    }),
    ...withStrategies.flatMap(({ kind }) =>
      quick.map((strategy) => ({
        name: `${kind}, ${strategy.kind}`,
        input: { ...promise, mechanism: { kind, factorization: { kind: strategy.kind } } as { kind: string } },
      })),
    ),
    ...(population > clients
      ? [
          {
            name: "gaussian, by coins",
            input: {
              epsilon,
              delta,
              mechanism: "gaussian",
              sampling: { kind: "poisson", rate: clients / population, population } as const,
            },
          },
        ]
      : []),
  ];
}

async function rowFor(name: string, input: PrivacyInput, job: Job, { against }: PrivacyWish): Promise<MechanismRow> {
  const setting: GuardSetting = {
    size: job.values,
    rounds: job.rounds,
    // By coins more than the mean come up, but never so many.
    cohort: input.sampling === undefined ? { size: job.clients, min: job.min } : { size: mostByCoins(job.clients), min: 1 },
    revealsContributions: false,
    wrapsCleanly: true,
    corruption: job.corruption,
    label: "plan",
  };
  try {
    const terms = planPrivacy(input, setting, "privacy");
    const { placement, noise, stateBytes } = await noiseOf(terms, setting, job.clients);
    const spent = spentAfter(terms, setting, job.rounds);
    const { wire } = createGuard(terms, setting);
    const upBytes = Math.ceil((wire.size * encodedBits(wire.range)) / 8);
    const row = { name, noise, noiseMultiplier: terms.noiseMultiplier, spent, stateBytes, upBytes };
    if (against === "release" || placement !== "central") return row;
    return { name, refusal: "whoever opens the sum sees it without noise: it promises nothing against the server" };
  } catch (error) {
    if (!isCofactorError(error) && !(error instanceof RangeError)) throw error;
    return { name, refusal: error.message };
  }
}

/** Noise by a mechanism for a single value: what is large is not the strategy but its memory. */
async function noiseOf(terms: PrivacyTerms, setting: GuardSetting, clients: number) {
  const { definition, options, clip, facts } = guardParts(terms, setting);
  const { placement } = definition;
  const isCentral = placement === "central";
  const all = facts(terms.noiseMultiplier);
  const rng = simulationRng(createRng(1, "plan"));
  const createWith = async (dimension: number) => definition.create(options, { ...all, dimension, rng, label: "plan" });
  const mechanism = await createWith(isCentral ? 1 : setting.size);
  const onSum = isCentral ? 1 : clients;
  const scale = clients * (clip?.sensitivity("zero-out") ?? 1);
  const one = onSum * mechanism.variance(0, setting.rounds);
  const running = mechanism.runningVariance?.() ?? one * setting.rounds;
  const noise = { round: Math.sqrt(one) / scale, running: Math.sqrt(running) / scale };
  if (mechanism.exportState === undefined) return { placement, noise, stateBytes: 0 };
  // A value's share of the state is what a second value adds.
  const alone = mechanism.exportState().length;
  const share = (await createWith(2)).exportState!().length - alone;
  return { placement, noise, stateBytes: share === 0 ? 0 : alone + share * (setting.size - 1) };
}

/** The ranking for a terminal. */
export function privacyTable(
  rows: readonly MechanismRow[],
  { epsilon, delta, participation, against, population }: PrivacyWish,
  job: Job,
): string {
  const most =
    participation.kind === "min-separation"
      ? `in ${participation.participations} rounds at most, ${participation.separation} or more apart`
      : "";
  const show = (value: number | undefined): string => (value === undefined || !Number.isFinite(value) ? "none" : value.toPrecision(3));
  const line = (cells: readonly string[]): string => cells.map((cell, at) => (at === 0 ? cell.padEnd(26) : cell.padStart(12))).join("");
  return [
    `privacy: epsilon ${epsilon} at delta ${delta} for all that a user contributes to ${job.rounds} rounds, ${most};`,
    `against ${against === "server" ? "the aggregator, which sees who takes part" : "whoever gets the published models"}; ${population} devices; zero-out. Noise on a coordinate of`,
    "the mean contribution, in units of the clip's bound: of the last round, and of the sum so far at its worst (the rank)",
    "",
    line(["", "round", "running", "server", "release", "state", "up"]),
    ...rows.map(({ name, noise, spent, stateBytes, upBytes, refusal }) =>
      noise === undefined
        ? `${name.padEnd(26)}not possible: ${refusal}`
        : line([
            name,
            noise.round.toExponential(2),
            noise.running.toExponential(2),
            show(spent?.server),
            show(spent?.release),
            stateBytes === undefined || stateBytes === 0 ? "-" : formatBytes(stateBytes),
            formatBytes(upBytes ?? 0),
          ]),
    ),
    "",
    "server, release: epsilon for each observer; none: nothing is proved. state: what the aggregator keeps secret between",
    "rounds. up: a contribution in fixed point; what its protection adds is above. Bounds are of the L2 norm, but local-laplace's",
    "of the L1 norm and those of piecewise, hybrid and duchi of every entry. Strategies are judged on plain sums of the rounds",
  ].join("\n");
}
