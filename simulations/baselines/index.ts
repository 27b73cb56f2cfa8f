/** Every baseline. A new one is a file and a line here. */
import type { Baseline } from "./baseline.ts";
import { centralised } from "./centralised.ts";
import { itemKnn, itemKnnApart, itemKnnSketched } from "./item-knn.ts";
import { localOnly } from "./local-only.ts";
import { popularity } from "./popularity.ts";

/** The baselines that a scenario may name. */
export const baselines: readonly Baseline[] = [popularity, centralised, localOnly, itemKnn, itemKnnSketched, itemKnnApart];
