/** `cofactor import`: a run out of a signed archive into a store. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { importRun } from "./archive.ts";
import { readPassphrase } from "./passphrase.ts";
import { readWholeFile } from "./store-files.ts";
import { openStore } from "./stores/index.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["<ARCHIVE>"],
  options: {
    store: { kind: "text", value: "URL", summary: "an SQLite file, made where there is none; or postgres://USER:PASSWORD@HOST/DATABASE" },
    "server-key": { kind: "text", value: "KEY", summary: "the key that the run must be signed by" },
    "with-identity": { kind: "flag", summary: "opens the key that is sealed inside, so that the run can be served here" },
    "passphrase-file": { kind: "text", value: "FILE", summary: "where the passphrase is; else the variable COFACTOR_PASSPHRASE" },
  },
  examples: [
    "cofactor import films.cofactor --store postgres://cofactor:secret@db.example/cofactor --with-identity --passphrase-file secret.txt",
  ],
  async run({ options, positionals, io }) {
    if (options.store === undefined) throw new CofactorError("CONFIG_INVALID", '"--store" expected an SQLite file, or a URL');
    const passphrase = options["with-identity"] ? readPassphrase(options["passphrase-file"]) : undefined;
    const bytes = readWholeFile(positionals[0]!);
    const store = await openStore(options.store);
    try {
      const { run, serverKey, hasIdentity, round } = await importRun(store, bytes, { passphrase, serverKey: options["server-key"] });
      io.err(
        `took in run "${run}" of key ${serverKey}, published round ${round}${hasIdentity ? "" : ": to be read, not served: its key is not here"}\n`,
      );
    } finally {
      await store.close();
    }
    return 0;
  },
});
