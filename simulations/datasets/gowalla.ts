/** Gowalla's check-ins as graph recommenders use them. Imports given-choices.ts. */
import type { DatasetDefinition } from "./dataset.ts";
import { type GivenChoicesOptions, givenChoices } from "./given-choices.ts";

/** Places that people checked in at, ten-core, with training, validation and test parts. */
export const gowalla: DatasetDefinition<GivenChoicesOptions> = givenChoices({
  name: "gowalla",
  summary: "Gowalla: 1,027,370 visits of 40,981 places by 29,858 people, in training, validation and test parts",
  source: "https://github.com/geon0325/LightGCNpp, data/gowalla (check-ins of Cho, Myers and Leskovec 2011)",
  licence: "none stated",
});
