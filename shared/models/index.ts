/** Every model. A new one is a file and a line here. */
import { als } from "./als.ts";
import { biasedMf } from "./biased-mf.ts";
import { bpr } from "./bpr.ts";
import { fcf } from "./fcf.ts";
import { featureRidge } from "./feature-ridge.ts";
import { fedMf } from "./fed-mf.ts";
import { implicitAls } from "./implicit-als.ts";
import type { ModelDefinition } from "./model.ts";
import { ncf } from "./ncf.ts";
import { nmf } from "./nmf.ts";
import { pfedrec } from "./pfedrec.ts";

/** The models that terms may name. */
export const models: readonly ModelDefinition[] = [fcf, implicitAls, als, fedMf, biasedMf, bpr, ncf, pfedrec, nmf, featureRidge];
