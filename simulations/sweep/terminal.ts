/** A sweep as text for a terminal: a line a cell, a table of the settings, the chosen ones with their test figures. Imports summary. */
import { leakWarning } from "../report/terminal.ts";
import { type GridValue, valueName } from "./grid.ts";
import type { Spread, Spreads, SweepResult } from "./summary.ts";
import type { EndedCell } from "./sweep.ts";

/** A status line for a cell. */
export function cellLine({ name, seed, outcome, isCached, ended, cells }: EndedCell): string {
  const figures =
    "error" in outcome
      ? `FAILED: ${outcome.error.code}: ${outcome.error.message}`
      : `validation ${Object.entries(outcome.result.metrics.validation as Record<string, number | null>)
          .slice(0, 2)
          .map(([metric, value]) => `${metric} ${value?.toFixed(4) ?? "–"}`)
          .join(" ")}`;
  return `cell ${String(ended).padStart(String(cells).length)}/${cells}  ${name}  seed ${seed}  ${figures}${isCached ? "  (finished before)" : ""}`;
}

/** "0.1234 ± 0.0012", of one seed without the spread. */
export function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "–";
  return spread.stddev === null ? spread.mean.toFixed(4) : `${spread.mean.toFixed(4)} ± ${spread.stddev.toFixed(4)}`;
}

/** The command that runs a setting. */
export function settingCommand(command: string, values: Readonly<Record<string, GridValue>>): string {
  const quoted = (word: string): string => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  return [command, ...Object.entries(values).map(([path, value]) => `--set ${quoted(`${path}=${valueName(value)}`)}`)].join(" ");
}

/**
 * The tables.
 * @param command what runs the scenario without the grid
 */
export function sweepTable(sweep: SweepResult, command: string): string {
  const { settings, chosen, choose, seeds, notes, isLeaking, isComplete, tellsTest } = sweep;
  const metrics = [...new Set(settings.flatMap(({ validation }) => Object.keys(validation)))];
  const isChosen = new Set(chosen.map(({ name }) => name));
  const cells = settings.reduce((sum, setting) => sum + setting.cells.length, 0);
  const rows = settings.map((setting) => [
    `${isChosen.has(setting.name) ? "*" : " "} ${setting.name}`,
    ...metrics.map((metric) => spreadText(setting.validation[metric])),
    ...(tellsTest ? metrics.map((metric) => spreadText(setting.test?.[metric])) : []),
  ]);
  const heads = ["  validation", ...metrics, ...(tellsTest ? metrics.map((metric) => `test ${metric}`) : [])];
  const hidden = settings.length - chosen.length;
  return [
    ...(isLeaking ? ["", `  ${leakWarning}`] : []),
    ...(isComplete
      ? []
      : ["", `  INTERRUPTED after ${cells} of ${settings.length * seeds.length} cells: what is missing was not chosen among.`]),
    "",
    ...columns([heads, ...rows]),
    ...chosen.flatMap(({ name, per, among, validation, test, protocols, dataset, values }) => {
      const where =
        Object.keys(per).length === 0
          ? ""
          : `with ${Object.entries(per)
              .map(([path, value]) => `${path}=${valueName(value)}`)
              .join(" ")} `;
      return [
        "",
        `  chosen    ${where}${name}: the ${choose.best} ${choose.metric} of ${among} settings on validation, ${spreadText(validation[choose.metric!])}`,
        `  test      ${figuresText(test)}; ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`,
        `  protocol  ${[...new Set(Object.values(protocols))].join("; beside it: ")}`,
        `  data      ${dataset.name}: ${dataset.users} people, ${dataset.items} items, ${dataset.ratings} ratings; sha256 ${dataset.sha256.slice(0, 16)}, split ${dataset.splitHash.slice(0, 16)}`,
        `  command   ${settingCommand(command, values)}`,
      ];
    }),
    ...(chosen.length === 0 ? ["", "  chosen    none: no setting has finished with every seed"] : []),
    "",
    ...(hidden === 0 || tellsTest
      ? []
      : [
          `  note      test figures of the other ${hidden} are not shown: whoever chooses by them learns nothing from them any more (--show-test)`,
        ]),
    ...(tellsTest
      ? ["  note      TEST FIGURES OF ALL SETTINGS are shown: the chosen one's says something only if nobody chooses by them"]
      : []),
    ...notes.map((note) => `  note      ${note}`),
  ].join("\n");
}

function figuresText(test: Spreads): string {
  return Object.entries(test)
    .map(([metric, spread]) => `${metric} ${spreadText(spread)}`)
    .join(", ");
}

/** The first column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!))).join("  ")}`.trimEnd(),
  );
}
