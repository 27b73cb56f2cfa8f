/** Writes README.md of this folder: `node test/vectors/privacy/write-table.ts`. Imports table. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePage } from "./table.ts";

writeFileSync(
  join(import.meta.dirname, "README.md"),
  writePage((one) => one.ours()),
);
