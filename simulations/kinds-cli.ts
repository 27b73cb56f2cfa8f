/** `cofactor kinds`: everything that terms and scenarios may name by `kind`, with its options and its source. */
import { type Command, defineCommand } from "../shared/command/command.ts";
import { type KindRow, listKinds, seams } from "./kinds.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[SEAM]"],
  options: { json: { kind: "flag", summary: "as JSON, and nothing else" } },
  examples: ["cofactor kinds", "cofactor kinds rules", "cofactor kinds models --json"],
  async run({ options, positionals, io }) {
    const rows = await listKinds(positionals[0]);
    if (options.json) {
      io.out(`${JSON.stringify(rows, null, 2)}\n`);
      return 0;
    }
    let seam = "";
    for (const row of rows) {
      if (row.seam !== seam) io.out(`${seam === "" ? "" : "\n"}${headOf(row.seam)}\n`);
      seam = row.seam;
      io.out(`  ${row.kind}: ${row.summary}\n      ${optionsOf(row)}source: ${row.source}\n`);
    }
    return 0;
  },
});

function headOf(seam: string): string {
  const path = seams.find(({ name }) => name === seam)!.path;
  return path === "" ? seam : `${seam}, named by ${path}.kind`;
}

/** Options with their defaults, on a line of their own. */
function optionsOf({ options }: KindRow): string {
  const parts = Object.entries(options).map(([name, value]) => (value === undefined ? name : `${name} ${JSON.stringify(value)}`));
  return parts.length === 0 ? "" : `options: ${parts.join(", ")}\n      `;
}
