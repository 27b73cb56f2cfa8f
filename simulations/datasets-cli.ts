/** `cofactor datasets`: what is bundled, and how to use other data. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { addingDatasets, listDatasets } from "./datasets/index.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  options: {},
  examples: ["cofactor datasets"],
  async run({ io }) {
    for (const row of await listDatasets()) {
      const size = row.bundled ? `${row.users} people, ${row.items} items, ${row.ratings} ratings` : "read from your files";
      io.out(`${row.name}${row.aliases.length > 0 ? ` (${row.aliases.join(", ")})` : ""}: ${row.summary}\n`);
      io.out(`    ${size}; licence: ${row.licence}\n    use: ${row.usage}\n`);
    }
    io.out(`\n${addingDatasets}\n`);
    return 0;
  },
});
