/** `cofactor factors`: the item factors of a run with the items' names, for an index of vectors. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { readItemFactors, toJsonLines, toNpy } from "./item-factors.ts";
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
    out: { kind: "text", value: "FILE", summary: "FILE.npy (float32, with names in FILE.ids.txt) or FILE.jsonl" },
  },
  examples: ["cofactor factors --store films.sqlite --out items.npy", "cofactor factors films-1 --store films.sqlite --out items.jsonl"],
  async run({ options, positionals, io }) {
    const { store: url, out = "" } = options;
    if (!/\.(npy|jsonl)$/.test(out)) throw new CofactorError("CONFIG_INVALID", '"--out" expected a file that ends with .npy or .jsonl');
    await withStore(url, async (store) => {
      const run = await chooseRun(store, positionals[0]);
      const factors = await readItemFactors(store, run);
      if (out.endsWith(".jsonl")) writeNewFile(out, toJsonLines(factors));
      else {
        const { array, names } = toNpy(factors);
        writeNewFile(out, array);
        writeNewFile(out.replace(/\.npy$/, ".ids.txt"), names);
      }
      io.err(
        `wrote ${out}: ${factors.ids.length} items of run "${run}", ${factors.length} numbers each, published in round ${factors.round}\n`,
      );
    });
    return 0;
  },
});
