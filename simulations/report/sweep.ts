/** The sections on a sweep: the chosen settings with their test figures, every setting on validation, and how each swept key moves it. Imports sweep's types. */

import type { Chart } from "../../shared/report/chart.ts";
import type { HeatChart } from "../../shared/report/heat.ts";
import { type Html, type HtmlValue, html } from "../../shared/report/html.ts";
import { formatBytes, formatFigure, isError } from "../../shared/report/numbers.ts";
import type { Section } from "../../shared/report/section.ts";
import { code } from "../../shared/report/shell.node.ts";
import { table } from "../../shared/report/table.ts";
import { type GridValue, valueName } from "../sweep/grid.ts";
import type { ChosenSetting, SettingSummary, Spread, SweepResult } from "../sweep/summary.ts";
import { settingCommand } from "../sweep/terminal.ts";

/** More groups of settings than these have no figures of their own. */
const maxGroups = 6;
/** More pairs of keys than these are not drawn. */
const maxMaps = 6;

/** The chosen settings, and their figures on test. */
export function chosenSection(sweep: SweepResult, command: string): Section {
  const { chosen, choose, seeds } = sweep;
  const mark = sweep.isLeaking ? " (LEAKING)" : "";
  return {
    id: "chosen",
    title: `Chosen by validation${mark}`,
    body: () =>
      chosen.length === 0
        ? html`<p>No setting has finished with every seed: none is chosen.</p>`
        : html`${chosenTable(sweep, mark)}
<p class="note">Chosen by the ${choose.best} mean of ${choose.metric ?? ""} on validation over ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}, and then
judged on test once. ${protocols(chosen)}</p>
${chosen.map(({ values, name }, at) => code(`command-${at + 1}`, `Command of ${name}`, settingCommand(command, values)))}`,
  };
}

function chosenTable({ chosen, choose }: SweepResult, mark: string): Html {
  const metrics = [...new Set(chosen.flatMap(({ test }) => Object.keys(test)))];
  const metric = choose.metric!;
  return table({
    id: "chosen-test",
    caption: `The chosen settings on test${mark}`,
    columns: [
      "setting",
      "chosen among",
      `validation ${metric}`,
      ...metrics.flatMap((name) => [`test ${name}`, `${name}, least to greatest`]),
    ],
    rows: chosen.map(({ name, among, validation, test }) => [
      name,
      among,
      spreadCell(validation[metric]),
      ...metrics.flatMap((metricName) => [spreadCell(test[metricName]), rangeCell(test[metricName])]),
    ]),
  });
}

/** Every setting on validation; on test only where that was asked for. */
export function settingsSection({ settings, chosen, grid, seeds, tellsTest, isLeaking }: SweepResult): Section {
  const metrics = [...new Set(settings.flatMap(({ validation }) => Object.keys(validation)))];
  const paths = Object.keys(grid);
  const isChosen = new Set(chosen.map(({ name }) => name));
  const mark = isLeaking ? " (LEAKING)" : "";
  const rows = settings.map((setting, at): HtmlValue[] => [
    isChosen.has(setting.name) ? html`<strong>${at + 1}, chosen</strong>` : `${at + 1}`,
    ...paths.map((path) => valueName(setting.values[path]!)),
    ...metrics.flatMap((metric) => [spreadCell(setting.validation[metric]), rangeCell(setting.validation[metric])]),
    ...(tellsTest ? metrics.map((metric) => spreadCell(setting.test?.[metric])) : []),
    setting.upBytesPerClientRound === undefined ? "–" : formatBytes(setting.upBytesPerClientRound),
    remarks(setting, seeds.length),
  ]);
  const heads = [
    ...metrics.flatMap((metric) => [metric, `${metric}, least to greatest`]),
    ...(tellsTest ? metrics.map((metric) => `TEST ${metric}`) : []),
  ];
  return {
    id: "settings",
    title: `All settings on validation${mark}`,
    body: () => html`${table({
      id: "all-settings",
      caption: `Settings, mean and standard deviation over ${seeds.length} ${seeds.length === 1 ? "seed" : "seeds"} on validation${mark}; bytes up per device and round`,
      columns: ["setting", ...paths, ...heads, "up", "remarks"],
      words: [1 + paths.length + heads.length + 1],
      rows,
    })}
<p class="note">${
      tellsTest
        ? "TEST FIGURES OF ALL SETTINGS ARE SHOWN: the chosen one's says something only if nobody chooses by them."
        : "Test figures of settings that were not chosen are not shown: whoever chooses by them learns nothing from them any more."
    }</p>`,
  };
}

/** How validation moves with each swept key, and with pairs of them. */
export function keysSection(sweep: SweepResult): Section | undefined {
  const { choose, grid, settings, isLeaking } = sweep;
  const { metric } = choose;
  const paths = Object.keys(grid).filter((path) => grid[path]!.length > 1 && !choose.per.includes(path));
  if (metric === null || paths.length === 0) return undefined;
  const groups = groupsOf(sweep).slice(0, maxGroups);
  const pairs = paths.flatMap((first, at) => paths.slice(at + 1).map((second) => [first, second] as const)).slice(0, maxMaps);
  const drawn = groups.map(({ name, members }, group) => {
    const about = { metric, members, grid, mark: `${name === "" ? "" : `, ${name}`}${isLeaking ? " (LEAKING)" : ""}`, id: `${group + 1}` };
    return { name, maps: pairs.map((pair, at) => mapChart(about, pair, at)), lines: paths.map((path, at) => lineChart(about, path, at)) };
  });
  return {
    id: "keys",
    title: `By swept key${isLeaking ? " (LEAKING)" : ""}`,
    body: (
      draw,
    ) => html`<p>On validation, means over the seeds that have finished. Of several settings with the same values the best one is drawn; lines show
the mean over them beside it, and the best one's worst and best seed.</p>
${drawn.map(
  ({
    name,
    maps,
    lines,
  }) => html`${name === "" ? undefined : html`<h3>${name}</h3>`}${maps.map(draw)}<div class="pair">${lines.map(draw)}</div>
`,
)}${groupsOf(sweep).length > maxGroups ? html`<p class="note">The first ${maxGroups} of ${groupsOf(sweep).length} groups are drawn.</p>` : undefined}
${settings.every(({ isComplete }) => isComplete) ? undefined : html`<p class="note">Some cells are missing or failed: their places are empty, or rest on fewer seeds.</p>`}`,
  };
}

interface Group {
  readonly name: string;
  readonly members: readonly SettingSummary[];
}

/** Settings that are chosen among together. */
function groupsOf({ settings, choose }: SweepResult): Group[] {
  const groups = new Map<string, SettingSummary[]>();
  for (const setting of settings) {
    const name = choose.per.map((path) => `${path}=${valueName(setting.values[path]!)}`).join(" ");
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  return [...groups].map(([name, members]) => ({ name, members }));
}

interface ChartInput {
  readonly metric: string;
  readonly members: readonly SettingSummary[];
  readonly grid: SweepResult["grid"];
  readonly mark: string;
  readonly id: string;
}

/** The best of some settings: the one that would be chosen. */
function bestOf(members: readonly SettingSummary[], metric: string): Spread | undefined {
  const spreads = members.flatMap(({ validation }) => validation[metric] ?? []);
  const sign = isError(metric) ? 1 : -1;
  return spreads.toSorted((a, b) => sign * (a.mean - b.mean))[0];
}

function mapChart({ metric, members, grid, mark, id }: ChartInput, [across, up]: readonly [string, string], at: number): HeatChart {
  const [columns, rows] = [inOrder(grid[across]!), inOrder(grid[up]!)];
  const isLessBetter = isError(metric);
  return {
    id: `map-${id}-${at + 1}`,
    title: `${metric} on validation by ${across} and ${up}${mark}`,
    kind: "heat",
    x: { name: across, values: columns.map(valueName) },
    y: { name: up, values: rows.map(valueName) },
    values: rows.map((row) =>
      columns.map((column) => {
        const here = members.filter(({ values }) => isSame(values[across]!, column) && isSame(values[up]!, row));
        return bestOf(here, metric)?.mean ?? null;
      }),
    ),
    what: `${metric} on validation`,
    isLessBetter,
    height: Math.min(600, 60 + Math.max(3, rows.length) * 44),
    note: `The stronger the color, the better: ${isLessBetter ? "less" : "more"} is better. The best is framed.`,
  };
}

function lineChart({ metric, members, grid, mark, id }: ChartInput, path: string, at: number): Chart {
  const values = inOrder(grid[path]!);
  const having = values.map((value) => members.filter((member) => isSame(member.values[path]!, value)));
  const best = having.map((here) => bestOf(here, metric));
  const means = having.map((here) => {
    const known = here.flatMap(({ validation }) => validation[metric]?.mean ?? []);
    return known.length === 0 ? null : known.reduce((sum, mean) => sum + mean, 0) / known.length;
  });
  const hasOthers = having.some(({ length }) => length > 1);
  const hasSpread = best.some((spread) => (spread?.seeds ?? 0) > 1);
  return {
    id: `key-${id}-${at + 1}`,
    title: `${metric} on validation by ${path}${mark}`,
    kind: values.every((value) => typeof value === "number") ? "lines" : "points",
    x: { name: path, values: values.map(valueName) },
    y: { name: metric, isFromZero: false },
    series: [
      { name: "best setting", values: best.map((spread) => spread?.mean ?? null), look: 0 },
      ...(hasOthers ? [{ name: "mean over settings", values: means, look: 1 }] : []),
      ...(hasSpread
        ? [
            { name: "best setting, least seed", values: best.map((spread) => spread?.min ?? null), look: 2 },
            { name: "best setting, greatest seed", values: best.map((spread) => spread?.max ?? null), look: 3 },
          ]
        : []),
    ],
  };
}

/** Numbers ascending, before what is none; others as they were written. */
function inOrder(values: readonly GridValue[]): GridValue[] {
  const numbers = values.filter((value) => typeof value === "number").sort((a, b) => a - b);
  return [...numbers, ...values.filter((value) => typeof value !== "number")];
}

function isSame(a: GridValue, b: GridValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function spreadCell(spread: Spread | undefined): string {
  if (spread === undefined) return "–";
  return spread.stddev === null ? formatFigure(spread.mean) : `${formatFigure(spread.mean)} ± ${formatFigure(spread.stddev)}`;
}

function rangeCell(spread: Spread | undefined): string {
  return spread === undefined || spread.seeds < 2 ? "–" : `${formatFigure(spread.min)} to ${formatFigure(spread.max)}`;
}

function remarks({ cells }: SettingSummary, seeds: number): string {
  const failed = cells.flatMap(({ seed, error }) => (error === undefined ? [] : [`seed ${seed} failed: ${error.code}: ${error.message}`]));
  const missing = seeds - cells.length;
  return [...failed, ...(missing > 0 ? [`${missing} of ${seeds} seeds missing`] : [])].join("; ") || "–";
}

function protocols(chosen: readonly ChosenSetting[]): string {
  return [...new Set(chosen.flatMap((one) => Object.values(one.protocols)))].map((protocol) => `${protocol}.`).join(" ");
}
