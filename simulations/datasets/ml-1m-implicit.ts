/** Films chosen in MovieLens 1M as graph recommenders use them. Imports given-choices.ts. */
import type { DatasetDefinition } from "./dataset.ts";
import { type GivenChoicesOptions, givenChoices } from "./given-choices.ts";

/** MovieLens 1M without its ratings, with training, validation and test parts. */
export const movieLens1mImplicit: DatasetDefinition<GivenChoicesOptions> = givenChoices({
  name: "ml-1m-implicit",
  summary: "MovieLens 1M as choices: 836,478 of 3,628 films by 6,039 people, in training, validation and test parts",
  source: "https://github.com/geon0325/LightGCNpp, data/ml-1m (ratings of MovieLens 1M, https://doi.org/10.1145/2827872)",
  licence: "GroupLens terms: research use, no redistribution",
});
