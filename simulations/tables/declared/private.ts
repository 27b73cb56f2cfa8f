/** Figures under promises of differential privacy. */
import { baseline, fact, federated } from "../columns.ts";
import { type Row, type Table, table } from "../table.ts";

const seeds = [1, 2, 3];
const coins = ["privacy.sampling=poisson", "privacy.participation={kind: unrestricted, participations: 40}"];
const models = "whoever gets the published models; the aggregator adds the noise";

const release: readonly Row[] = [20, 5, 1].map((epsilon) => ({
  label: `\`movielens-100k-epsilon-${epsilon}.yaml\``,
  scenario: `movielens-100k-epsilon-${epsilon}.yaml`,
  seeds,
  metrics: ["rmse"],
  facts: { epsilon: String(epsilon), "holds against": models },
}));

/** User-level promises at delta 1e-5. */
export const privateRuns: Table = table({
  name: "private",
  title: "Differential privacy: everything that a user ever contributes",
  about:
    "Delta 1e-5, a user's contribution replaced by zeros (`zero-out`). MovieLens 100K, fold 1, RMSE; wines, leave-one-out, all candidates, honest, " +
    "HR@10. Mean of the seeds and the distance of the furthest.",
  head: "scenario",
  columns: [
    fact("epsilon"),
    federated(),
    baseline("centralised, no noise", "centralised"),
    baseline("popularity", "popularity"),
    baseline("canary", "local-only"),
    fact("holds against"),
  ],
  rows: [
    ...release,
    {
      label: "`movielens-100k-private-als.yaml`: `als` with bounded statistics",
      scenario: "movielens-100k-private-als.yaml",
      seeds,
      metrics: ["rmse"],
      facts: { epsilon: "20", "holds against": models },
    },
    {
      label: "`wines-private.yaml`",
      scenario: "wines-private.yaml",
      seeds,
      metrics: ["hr@10"],
      facts: { epsilon: "4", "holds against": models },
    },
  ],
});

/** The same runs as the project's own page shows them. */
export const privateSummary: Table = {
  ...privateRuns,
  name: "summary-private",
  title: "Quality under a promise",
  about: "MovieLens 100K, fold 1: RMSE; wines: HR@10. Mean of seeds 1 to 3 and the distance of the furthest.",
  columns: privateRuns.columns.filter(({ title }) => title !== "canary"),
  page: "README.md",
  hasSources: false,
};

interface Noise {
  readonly kind: "correlated" | "independent" | "coins";
  readonly epsilon: number;
  /** Learning rates, chosen on validation for each row. */
  readonly learningRate: number;
}

/** Learning rates were chosen for each row by itself. */
const noises: readonly Noise[] = [
  { kind: "correlated", epsilon: 20, learningRate: 0.03 },
  { kind: "independent", epsilon: 20, learningRate: 0.013 },
  { kind: "coins", epsilon: 20, learningRate: 0.013 },
  { kind: "correlated", epsilon: 5, learningRate: 0.013 },
  { kind: "independent", epsilon: 5, learningRate: 0.0042 },
  { kind: "coins", epsilon: 5, learningRate: 0.0082 },
  { kind: "correlated", epsilon: 1, learningRate: 0.003 },
  { kind: "independent", epsilon: 1, learningRate: 0.0006 },
  { kind: "coins", epsilon: 1, learningRate: 0.0028 },
];

/** Correlated against independent noise at one promise. */
export const correlatedRatings: Table = table({
  name: "correlated-ratings",
  title: "Noise that is correlated over the rounds: MovieLens 100K, fold 1",
  about:
    "Each device takes part in at most 4 of 40 rounds, 10 or more apart; a tenth of the devices a round; by coins: each round's cohort is drawn by " +
    "coins. Delta 1e-5. Mean of the seeds and the distance of the furthest.",
  head: "noise",
  columns: [fact("epsilon"), fact("learning rate"), { ...federated(), title: "RMSE" }],
  rows: noises.map(({ kind, epsilon, learningRate }) => ({
    label: `${kind === "coins" ? "independent, cohorts by coins" : kind}, epsilon ${epsilon}`,
    scenario: `movielens-100k-${kind === "correlated" ? "correlated" : "independent"}.yaml`,
    set: [`privacy.epsilon=${epsilon}`, `model.optimizer.learningRate=${learningRate}`, ...(kind === "coins" ? coins : [])],
    seeds,
    metrics: ["rmse"],
    facts: { epsilon: String(epsilon), "learning rate": String(learningRate) },
  })),
});
