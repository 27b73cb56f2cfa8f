/** Every factorization. A new one is a file and a line here. */
import { banded } from "./banded.ts";
import { bandedToeplitz } from "./banded-toeplitz.ts";
import { bisr } from "./bisr.ts";
import { blt } from "./blt.ts";
import { dense } from "./dense-optimal.ts";
import type { FactorizationDefinition } from "./factorization.ts";
import { fourier } from "./fourier.ts";
import { identity } from "./identity.ts";
import { squareRoot } from "./square-root.ts";
import { tree } from "./tree.ts";

/** The factorizations that a matrix mechanism's options may name. */
export const factorizations: readonly FactorizationDefinition[] = [
  identity,
  tree,
  squareRoot,
  dense,
  banded,
  bandedToeplitz,
  blt,
  bisr,
  fourier,
];
