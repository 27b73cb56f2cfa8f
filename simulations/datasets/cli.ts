/** `cofactor datasets`: what is bundled, and how to use other data. */
import type { Command } from "../../shared/command.ts";
import { addingDatasets, listDatasets } from "./index.ts";

/** The subcommand. */
export const command: Command = {
  usage: "datasets",
  summary: "Lists the data sets that are bundled and the loaders for others.",
  positionals: 0,
  options: {},
  examples: ["cofactor datasets"],
  async run() {
    for (const row of await listDatasets()) {
      const size = row.bundled ? `${row.users} people, ${row.items} items, ${row.ratings} ratings` : "read from your files";
      console.log(`${row.name}${row.aliases.length > 0 ? ` (${row.aliases.join(", ")})` : ""}: ${row.summary}`);
      console.log(`    ${size}; licence: ${row.licence}`);
      console.log(`    use: ${row.usage}`);
    }
    console.log(`\n${addingDatasets}`);
    return 0;
  },
};
