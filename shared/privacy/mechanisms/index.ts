/** Every mechanism. A new one is a file and a line here. */
import type { MechanismDefinition } from "../mechanism.ts";
import { distributedGaussian } from "./distributed-gaussian.ts";
import { gaussian } from "./gaussian.ts";
import { localDuchi } from "./local-duchi.ts";
import { localGaussian } from "./local-gaussian.ts";
import { localHybrid } from "./local-hybrid.ts";
import { localLaplace } from "./local-laplace.ts";
import { localPiecewise } from "./local-piecewise.ts";
import { matrix } from "./matrix.ts";
import { skellam } from "./skellam.ts";

/** The mechanisms that plans may name. */
export const mechanisms: readonly MechanismDefinition[] = [
  gaussian,
  matrix,
  distributedGaussian,
  skellam,
  localGaussian,
  localLaplace,
  localDuchi,
  localPiecewise,
  localHybrid,
];
