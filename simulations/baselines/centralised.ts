/**
 * Centralised: the run's model trained where all ratings lie together. The alternating least squares models have solvers of
 * their own, which know nothing of contributions; the gradient models sum over everyone in one place. Imports shared and the solvers.
 */
import { addAll } from "../../shared/math/linear.ts";
import { type RatingMatrix, ratingsOf } from "../../shared/math/ratings.ts";
import type { AlsOptions } from "../../shared/models/als.ts";
import type { ImplicitAlsOptions } from "../../shared/models/implicit-als.ts";
import { models } from "../../shared/models/index.ts";
import { type Model, type ModelShape, type ModelState, sizeOf } from "../../shared/models/model.ts";
import type { Rng } from "../../shared/random.ts";
import { resolveSection } from "../../shared/registry.ts";
import type { Baseline, CentralSolver } from "./baseline.ts";
import { centralAls } from "./central-als.ts";
import { centralImplicitAls } from "./central-implicit-als.ts";

/** What to train and on what. */
export interface CentralisedInput {
  /** The model's section, as in the terms of a run. */
  readonly section: { readonly kind: string; readonly [option: string]: unknown };
  readonly shape: ModelShape;
  readonly training: RatingMatrix;
  readonly rounds: number;
  /** Where to begin: the federated run's own state before round 1, for a like-for-like comparison; by default drawn from `rng`. */
  readonly initial?: ModelState;
  readonly rng: Rng;
  /** Called after each round with the item side, not to be written to. */
  readonly onRound?: (round: number, shared: Float64Array) => void;
}

/** A centralised baseline and the item side it ended with. */
export interface Centralised extends Baseline {
  /** [size of the model's shared spec]. */
  readonly shared: Float64Array;
}

/** Trains a model centrally. @throws CofactorError CONFIG_INVALID for a section that names no model */
export function trainCentralised(input: CentralisedInput): Centralised {
  const { definition, options } = resolveSection(models, input.section, "model");
  const model = definition.create(options, input.shape);
  const initial = input.initial ?? model.initialize(input.rng.fork("initialize"));
  const solver = directSolver(options, input);
  if (solver === undefined) return descend(model, initial, input);
  let shared = initial.shared;
  for (let round = 1; round <= input.rounds; round++) {
    shared = solver.sweep(shared);
    input.onRound?.(round, shared);
  }
  return { name: "centralised", shared, scores: solver.scorer(shared) };
}

/** The model's own central solver, where it has one. */
function directSolver(options: { readonly kind: string }, { shape, training }: CentralisedInput): CentralSolver | undefined {
  if (options.kind === "als") return centralAls(options as AlsOptions, shape, training);
  if (options.kind === "implicit-als") return centralImplicitAls(options as ImplicitAlsOptions, training);
  return undefined;
}

/** Descends along the sum over everyone, round by round. */
function descend(model: Model, initial: ModelState, { training, rounds, rng, onRound }: CentralisedInput): Centralised {
  const parts = Array.from({ length: training.users }, (_, user) => model.createPrivate(ratingsOf(training, user), rng.fork("private", user)));
  const values = new Float64Array(sizeOf(model.parameters.contribution));
  const sum = new Float64Array(values.length);
  let state = initial;
  for (let round = 1; round <= rounds; round++) {
    const shared = model.open(state.shared);
    sum.fill(0);
    for (let user = 0; user < training.users; user++) {
      const draws = rng.fork("contribute", round, user);
      parts[user] = model.contribute(shared, parts[user]!, ratingsOf(training, user), draws, values).private;
      addAll(sum, values);
    }
    state = model.advance(state, { values: sum, count: training.users });
    onRound?.(round, state.shared);
  }
  const shared = model.open(state.shared);
  return {
    name: "centralised",
    shared: state.shared,
    scores(user) {
      const scores = new Float64Array(training.items);
      model.score(shared, model.fit(shared, parts[user]!, ratingsOf(training, user), rng.fork("fit", user)), scores);
      return scores;
    },
  };
}
