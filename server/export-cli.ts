/** `cofactor export`: a run of a store as a signed archive. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { exportRun } from "./archive.ts";
import { readPassphrase } from "./passphrase.ts";
import { chooseRun, withStore, writeNewFile } from "./store-files.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[RUN]"],
  options: {
    store: {
      kind: "text",
      value: "URL",
      summary: "an SQLite file, of a server that is stopped; or postgres://USER:PASSWORD@HOST/DATABASE",
    },
    out: { kind: "text", value: "FILE", summary: "where the archive goes" },
    "with-identity": {
      kind: "flag",
      summary: "seals the key that signs the run's terms into it, under a passphrase: the run can be served where it is imported",
    },
    "passphrase-file": { kind: "text", value: "FILE", summary: "where the passphrase is; else the variable COFACTOR_PASSPHRASE" },
  },
  examples: ["cofactor export films-1 --store films.sqlite --out films.cofactor --with-identity --passphrase-file secret.txt"],
  async run({ options, positionals, io }) {
    const { store: url, out } = options;
    if (out === undefined) throw new CofactorError("CONFIG_INVALID", '"--out" expected a file');
    const passphrase = options["with-identity"] ? readPassphrase(options["passphrase-file"]) : undefined;
    await withStore(url, async (store) => {
      const run = await chooseRun(store, positionals[0]);
      const archive = await exportRun(store, run, { passphrase });
      writeNewFile(out, archive);
      io.err(
        `wrote ${out}: run "${run}", ${archive.length} bytes, ${passphrase === undefined ? "without its key" : "its key sealed inside"}\n`,
      );
    });
    return 0;
  },
});
