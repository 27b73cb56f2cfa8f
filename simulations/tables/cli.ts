/** `npm run tables`: remakes the tables of figures by running their scenarios, or checks what the pages say. */
import { type Command, defineCommand } from "../../shared/command/command.ts";
import { CofactorError } from "../../shared/errors.ts";
import { nearest } from "../../shared/registry.ts";
import { tables } from "./declared/index.ts";
import { differences, remake, writeTable } from "./remake.ts";

/** The command. */
export const command: Command = defineCommand({
  options: {
    only: { kind: "list", value: "NAME", summary: "this table alone; several times for several" },
    quick: { kind: "flag", summary: "only the tables that bundled data makes in seconds" },
    check: { kind: "flag", summary: "writes nothing: fails where a page says something else than the runs" },
    list: { kind: "flag", summary: "names the tables" },
    data: { kind: "text", value: "DIR", summary: "folder of the data that is not bundled, a folder for each set (ml-100k, gowalla, ...)" },
    workers: { kind: "number", value: "N", summary: "threads for the devices; changes no figure but times" },
    stale: { kind: "flag", summary: "takes finished runs of other versions of the code, too" },
  },
  examples: ["tables --quick --check", "tables --data ../data", "tables --only given --data ../data"],
  async run({ options: { only, quick, check, list, data, workers, stale }, io }) {
    if (list) {
      for (const { name, title, rows } of tables) io.out(`${name.padEnd(12)} ${rows.length} rows  ${title}\n`);
      return 0;
    }
    for (const name of only) assertKnown(name);
    const chosen = tables.filter(({ name, isQuick }) => (only.length === 0 || only.includes(name)) && (isQuick || !quick));
    const startedMs = performance.now();
    const say = (line: string): void => io.err(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
    const found: string[] = [];
    for (const table of chosen) {
      const remade = await remake(table, { data, workers, isStaleTaken: stale, signal: io.signal, say });
      if (check) found.push(...differences(remade));
      else writeTable(remade);
    }
    for (const line of found) io.out(`${line}\n`);
    io.out(`${chosen.length} tables ${check ? `checked, ${found.length} differences` : "remade"}\n`);
    return found.length === 0 ? 0 : 1;
  },
});

function assertKnown(name: string): void {
  const names = tables.map((table) => table.name);
  if (names.includes(name)) return;
  const hint = nearest(name, names);
  throw new CofactorError(
    "CONFIG_INVALID",
    `"--only" expected one of ${names.join(", ")}, got "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
  );
}
