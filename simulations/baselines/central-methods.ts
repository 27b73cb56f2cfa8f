/** The models that have an algorithm of their own where all ratings are in one place. A new one is a line here. Imports shared. */
import type { RatingMatrix } from "../../shared/math/ratings.ts";
import type { AlsOptions } from "../../shared/models/als.ts";
import type { FcfOptions } from "../../shared/models/fcf.ts";
import type { ImplicitAlsOptions } from "../../shared/models/implicit-als.ts";
import type { ModelState } from "../../shared/models/model.ts";
import type { Run } from "../../shared/run.ts";
import { advancePlainly } from "./advance.ts";
import type { CentralSolver } from "./baseline.ts";
import { centralAls } from "./central-als.ts";
import { centralFcf } from "./central-fcf.ts";
import { centralImplicitAls } from "./central-implicit-als.ts";

/** From one round's state to the next one's. */
export type CentralRound = (state: ModelState) => ModelState;

/** By kind of model: its rounds on these ratings, by code that knows nothing of contributions; undefined for options that it has none for. */
export const centralMethods: Readonly<Record<string, (run: Run, training: RatingMatrix) => CentralRound | undefined>> = {
  als: (run, training) => sweeps(centralAls(run.terms.model as unknown as AlsOptions, shapeOf(run), training)),
  "implicit-als": ({ terms }, training) =>
    sweeps(centralImplicitAls(terms.model as unknown as ImplicitAlsOptions, training, terms.cohort.size)),
  fcf(run, training) {
    const options = run.terms.model as unknown as FcfOptions;
    if (options.unratedPower > 0) return undefined;
    const gradientAt = centralFcf(options, training);
    return (state) => advancePlainly(run, state, { values: gradientAt(state.shared), count: training.users });
  },
};

function sweeps(solver: CentralSolver): CentralRound {
  return (state) => ({ ...state, shared: solver.sweep(state.shared), round: state.round + 1 });
}

function shapeOf({ terms }: Run): Parameters<typeof centralAls>[1] {
  const { range, globalMean } = terms.ratings;
  return {
    items: terms.items,
    cohort: terms.cohort.size,
    ...(range === undefined ? {} : { ratingRange: range }),
    ...(globalMean === undefined ? {} : { globalMean }),
  };
}
