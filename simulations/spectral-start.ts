/**
 * Item factors that agents find together before the first round: people are dealt out to silos that tell each other sums of products alone, and all
 * of them end with the leading eigenvectors of everyone's R'R. Imports shared/peer, peers, topologies.
 */
import * as v from "valibot";
import { CofactorError } from "../shared/errors.ts";
import { type RatingMatrix, ratingsOf } from "../shared/math/ratings.ts";
import { models } from "../shared/models/index.ts";
import type { ItemFeatures } from "../shared/models/model.ts";
import { spectralItemFactors } from "../shared/peer/spectral/orthonormal.ts";
import { createSpectralProgram } from "../shared/peer/spectral/program.ts";
import { gramSummand } from "../shared/peer/spectral/summand.ts";
import { createRng } from "../shared/random.ts";
import { resolveSection } from "../shared/registry.ts";
import { linksSchema } from "./peers/links.ts";
import { runAgents } from "./peers/network.ts";
import type { Scenario } from "./scenario.ts";
import { smallWorld } from "./topologies/small-world.ts";

/** Columns beside the wanted ones, so that these come quickly. */
const spare = 4;

/** The section `start` of a model, as far as it is one of these. */
interface SpectralSection {
  readonly kind: "spectral";
  readonly agents: number;
  readonly rounds: number;
  readonly mixing: number;
}

/**
 * The factors that the scenario's model begins with; undefined where it asks for none.
 *
 * For models that predict ratings these count as they differ from the mean of all, for others as ones.
 * @param training of whoever's ratings go into it
 * @throws CofactorError CONFIG_INVALID beside a promise of privacy or people who leave: what agents find has no noise, and forgets nobody
 */
export async function spectralStart(
  { model, privacy, unlearning, seed }: Pick<Scenario, "model" | "privacy" | "unlearning" | "seed">,
  training: RatingMatrix,
  people: Int32Array,
  ratingRange: readonly [number, number],
): Promise<ItemFeatures | undefined> {
  const start = model["start"] as SpectralSection | { readonly kind: string } | undefined;
  if (start?.kind !== "spectral") return undefined;
  if (privacy !== undefined || unlearning !== undefined) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"model.start" spectral expected neither a promise of privacy nor people who leave: what agents find has no noise, and forgets nobody; nearest: start random or features',
      { details: { path: "model.start" } },
    );
  }
  const { agents, rounds, mixing } = start as SpectralSection;
  const rng = createRng(seed, "spectral-start");
  const { definition, options } = resolveSection(models, { ...model, start: { kind: "random" } }, "model");
  const { objective } = definition.create(options, { items: training.items, cohort: people.length, ratingRange });
  const mean = objective === "rating" ? training.values.reduce((sum, value) => sum + value, 0) / training.values.length : undefined;
  const own = Array.from({ length: agents }, (): { items: Int32Array; values: Float64Array }[] => []);
  for (const [at, user] of people.entries()) {
    const { items, values } = ratingsOf(training, user);
    own[at % agents]!.push({ items, values: values.map((value) => (mean === undefined ? 1 : value - mean)) });
  }
  const { items } = training;
  const count = Math.min(items, Number(model["rank"]) + spare);
  const basis = Float64Array.from({ length: items * count }, () => rng.normal());
  const { states } = await runAgents({
    topology: smallWorld.create({ kind: "small-world", degree: 4, rewiring: 0.2 }, agents, rng.fork("topology")),
    links: v.parse(linksSchema, {}),
    programs: own.map((ratings) => createSpectralProgram(gramSummand(items, ratings), { count, rounds, mixing }, basis)),
    rng: rng.fork("links"),
  });
  const found = states[0]!.program;
  const values = spectralItemFactors(
    found.basis,
    found.meanEigenvalues.map((value) => value * agents),
    items,
    count,
  );
  return { count, values };
}
