/** Every matrix. A new one is a file and a line here. */
import { cbclFaces } from "./cbcl-faces.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { jasperRidge } from "./jasper-ridge.ts";
import type { MatrixDefinition } from "./matrix.ts";
import { syntheticMatrix } from "./synthetic.ts";

/** The matrices that a scenario may name. */
export const matrices: readonly MatrixDefinition[] = [syntheticMatrix, fashionMnist, cbclFaces, jasperRidge];
