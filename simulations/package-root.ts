/** Where the bundled data sets lie. Imports shared's package-root. */
import { join } from "node:path";
import { packageRoot } from "../shared/package-root.node.ts";

export { packageRoot, packageVersion } from "../shared/package-root.node.ts";

/** The path of a file of a bundled data set. */
export function bundledPath(dataset: string, file: string): string {
  return join(packageRoot(), "simulations", "datasets", "bundled", dataset, file);
}
