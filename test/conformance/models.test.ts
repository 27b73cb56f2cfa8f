import { models } from "../../shared/models/index.ts";
import { createRng } from "../../shared/random.ts";
import { parseConfig } from "../../shared/registry.ts";
import { describeModel } from "./model.ts";

const learnsLittle = "the suite's people differ in tastes that no feature tells of";

for (const definition of models) {
  describeModel(definition, {}, definition.kind === "feature-ridge" ? { learnsLittle } : {});
  const hasRank = "rank" in parseConfig(definition.options, { kind: definition.kind }, "model");
  if (hasRank) describeModel(definition, { rank: 3 });
}

for (const kind of ["fcf", "implicit-als"]) describeModel(models.find((model) => model.kind === kind)!, { rank: 3, unratedPower: 0.5 });
describeModel(models.find(({ kind }) => kind === "ncf")!, { variant: "gmf", classPrior: 0.05 });
describeModel(models.find(({ kind }) => kind === "pfedrec")!, { classPrior: 0.05 });
describeModel(models.find(({ kind }) => kind === "als")!, { weighting: "none", l2: 2 });
describeModel(models.find(({ kind }) => kind === "biased-mf")!, { batch: "full", localEpochs: 2 });
describeModel(models.find(({ kind }) => kind === "fcf")!, { optimizer: { kind: "sgd", learningRate: 0.02, momentum: 0.8 } });
describeModel(models.find(({ kind }) => kind === "fed-mf")!, { implicitFeedback: true, noiseVariance: 0 });
for (const variant of ["gmf", "mlp"]) describeModel(models.find(({ kind }) => kind === "ncf")!, { variant });
describeModel(
  models.find(({ kind }) => kind === "pfedrec")!,
  { table: "personal", negatives: 1, batchSize: 7 },
  { learnsNothing: "a personal table has learned nothing about items that its person never met" },
);
describeModel(models.find(({ kind }) => kind === "fedrap")!, { l1: 0.01, curriculum: "tanh" });
describeModel(
  models.find(({ kind }) => kind === "fedrap")!,
  { personal: "items", personalPenalty: "similarity", personalWeight: 0.1, initialPersonalStddev: 1, l1: 0.1, sparsity: "subgradient" },
  { learnsNothing: "a personal row has learned nothing of items that its person never met" },
);
for (const kind of ["als", "implicit-als"]) describeModel(models.find((model) => model.kind === kind)!, { solver: "cg" });
for (const kind of ["als", "implicit-als"]) describeModel(models.find((model) => model.kind === kind)!, { rank: 3, noised: {} });
describeModel(models.find(({ kind }) => kind === "implicit-als")!, { rank: 3, noised: {}, unratedPower: 0.5 });

for (const changes of [{}, { code: "real" }, { rank: 20 }])
  describeModel(models.find(({ kind }) => kind === "nbmf")!, { noiseVariance: 0, ...changes });
for (const groups of [2, 3]) describeModel(models.find(({ kind }) => kind === "clustered")!, { groups, rank: 2, commonRank: 3 });
for (const query of ["random", "all"]) describeModel(models.find(({ kind }) => kind === "fed-recon")!, { query });
describeModel(models.find(({ kind }) => kind === "fed-recon")!, { query: "random", queryShare: 0.2, solver: "descent", localSteps: 20 });
describeModel(models.find(({ kind }) => kind === "fed-pub")!, { groups: 3, rank: 4, mask: "factors" });
describeModel(
  models.find(({ kind }) => kind === "fed-pub")!,
  { groups: 2, rank: 4, unratedWeight: 0 },
  { learnsNothing: "where unrated items weigh nothing, every item may score 1" },
);

const rng = createRng(12);
for (const kind of ["fcf", "nmf"]) {
  describeModel(
    models.find((model) => model.kind === kind)!,
    { start: { kind: "features", selection: "variance" } },
    { itemFeatures: { count: 4, values: Float64Array.from({ length: 4 * 40 }, () => rng.below(2)) } },
  );
}
describeModel(
  models.find(({ kind }) => kind === "feature-ridge")!,
  {},
  { learnsLittle, itemFeatures: { count: 4, values: Float64Array.from({ length: 4 * 40 }, () => rng.below(2)) } },
);
describeModel(
  models.find(({ kind }) => kind === "fedrap")!,
  { personal: "features" },
  { itemFeatures: { count: 4, values: Float64Array.from({ length: 4 * 40 }, () => rng.below(2)) } },
);
describeModel(
  models.find(({ kind }) => kind === "graph-nmf")!,
  { neighbors: 3 },
  { itemFeatures: { count: 4, values: Float64Array.from({ length: 4 * 40 }, () => rng.below(2)) } },
);
