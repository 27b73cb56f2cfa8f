/**
 * What each device was worth, from what the aggregator of the simulated run knows: who was in which group, the groups' sums, and figures on
 * validation. No device's own contribution is looked at. Imports evaluate, fitted, options, figures, shared.
 */
import type { ModelState } from "../../shared/models/model.ts";
import { createRng, shuffled } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { ValuedGroup } from "../../shared/rewards/division.ts";
import { divisions } from "../../shared/rewards/divisions/index.ts";
import type { Scheme } from "../../shared/rewards/scheme.ts";
import { schemes } from "../../shared/rewards/schemes/index.ts";
import { betterIsMore } from "../../shared/rewards/terms.ts";
import { evaluate } from "../evaluate.ts";
import { metricsFor } from "../evaluation-options.ts";
import { trainingFifths } from "../fifths.ts";
import { fittedScores } from "../fitted.ts";
import type { Prepared } from "../prepare.ts";
import { figuresOf } from "./figures.ts";
import type { RewardFigures, RewardOptions } from "./options.ts";

/** A published round, as the aggregator saw it. */
export interface ValuedRound {
  readonly round: number;
  /** The state that its devices were asked with, and the one that came of all its sums. */
  readonly before: ModelState;
  readonly after: ModelState;
  /** People in each group whose sum was revealed. */
  readonly groups: readonly Int32Array[];
  /** The state that would have come of some of the groups alone, at least one, by their places in `groups`. */
  stateOf(places: readonly number[]): ModelState;
}

/** Shares out the gains of a run's rounds. */
export class Valuation {
  readonly #prepared: Prepared;
  readonly #options: RewardOptions;
  readonly #scheme: Scheme;
  readonly #metric: string;
  readonly #judges: Int32Array;
  /** What gains are counted from; undefined where that is the state before each round. */
  readonly #origin: ModelState | undefined;
  readonly #groups: ValuedGroup[] = [];
  #rounds = 0;
  #coalitions = 0;

  /** @param initial the state before the first round */
  constructor(prepared: Prepared, options: RewardOptions, initial: ModelState) {
    const { run, scenario, split } = prepared;
    // A model that is made anew of each round's sum has the start for what nobody's sum makes.
    this.#origin = run.model.statistics === undefined ? undefined : initial;
    this.#prepared = prepared;
    this.#options = options;
    const { definition, options: chosen } = resolveSection(schemes, options.scheme, "rewards.scheme");
    this.#scheme = definition.create(chosen);
    const wanted = options.metric === undefined ? scenario.evaluation.metrics : [options.metric];
    this.#metric = metricsFor(run.model.objective, wanted)[0]!.name;
    this.#judges = drawJudges(split.validation.rowStart, options.judges, scenario.seed);
  }

  /** Values a published round's groups. */
  take({ round, before, after, groups, stateOf }: ValuedRound): void {
    if (this.#rounds++ % this.#options.every !== 0) return;
    const start = this.#figure(this.#origin ?? before);
    const worth = (members: Uint8Array): number => {
      this.#coalitions += 1;
      const places = [...members.keys()].filter((place) => members[place] === 1);
      return this.#figure(places.length === groups.length ? after : stateOf(places)) - start;
    };
    const rng = createRng(this.#prepared.scenario.seed, "rewards", round);
    const values = this.#scheme.values({ players: groups.length, worth }, rng);
    for (const [place, members] of groups.entries()) this.#groups.push({ round, members, value: values[place]! });
  }

  /** What the rounds so far come to. */
  figures(freeRiders: Int32Array): RewardFigures {
    const { split } = this.#prepared;
    const { definition, options } = resolveSection(divisions, this.#options.division, "rewards.division");
    const present = new Set(this.#groups.flatMap(({ members }) => [...members]));
    const people = Int32Array.from(present).sort();
    // Divisions know people by their place among those who took part.
    const placeOf = new Map([...people].map((user, place) => [user, place]));
    const local = this.#groups.map((group) => ({ ...group, members: group.members.map((user) => placeOf.get(user)!) }));
    const divided = definition.create(options).divide(local, people.length);
    const values = new Float64Array(split.training.users);
    const rounds = new Set(this.#groups.map(({ round }) => round)).size;
    // Gains that each round makes anew count once, in the mean over rounds.
    const unit = this.#origin === undefined ? 1 : 1 / Math.max(1, rounds);
    for (const [place, user] of people.entries()) values[user] = unit * divided[place]!;
    return {
      metric: this.#metric,
      scheme: this.#scheme.kind,
      division: definition.kind,
      judges: this.#judges.length,
      rounds,
      groups: this.#groups.length,
      coalitions: this.#coalitions,
      ...figuresOf(values, people, new Set(freeRiders), trainingFifths(split.training).users),
    };
  }

  /** The metric on validation, more being better. */
  #figure({ shared }: ModelState): number {
    const { run, split, dataset, scenario } = this.#prepared;
    const { metrics } = evaluate({
      scoresFor: fittedScores(run, split.training, shared, () => undefined, scenario.seed),
      split,
      part: "validation",
      objective: run.model.objective,
      metrics: [this.#metric],
      ratingRange: dataset.ratingRange,
      seed: scenario.seed,
      users: this.#judges,
    });
    return betterIsMore(this.#metric, metrics[this.#metric]!);
  }
}

function drawJudges(rowStart: Int32Array, count: number, seed: number): Int32Array {
  const able = Int32Array.from({ length: rowStart.length - 1 }, (_, user) => user).filter((user) => rowStart[user + 1]! > rowStart[user]!);
  const order = shuffled(able.length, createRng(seed, "judges"));
  return Int32Array.from(order.subarray(0, count), (place) => able[place]!).sort();
}
