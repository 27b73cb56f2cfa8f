/** The section on quality: final figures beside baselines, by round, by popularity of items and activity of people. */
import type { FifthFigures } from "../fifths.ts";
import type { Result } from "../result.ts";
import type { Chart, ChartSeries } from "./chart.ts";
import { declaredTables } from "./declared.ts";
import { type Html, html } from "./html.ts";
import { formatCount, formatFigure } from "./numbers.ts";
import { type Section, thin, thinNote } from "./section.ts";
import { table } from "./table.ts";

/** The looks of baselines, so that each keeps its own in all figures; the run's own is 0. */
const baselineLooks: Readonly<Record<string, number>> = { centralised: 1, popularity: 2, "local-only": 3 };

/** The section. */
export function qualitySection(result: Result): Section {
  const metric = Object.keys(result.metrics.test)[0];
  const { groups } = result.metrics;
  const mark = result.isLeaking ? " (LEAKING)" : "";
  const wasEvaluated = result.rounds.some(({ metrics }) => metrics !== undefined);
  const byFifths =
    metric === undefined
      ? []
      : [fifthsChart("popularity", groups.itemPopularity, metric, mark), fifthsChart("activity", groups.userActivity, metric, mark)];
  return {
    id: "quality",
    title: `Quality${mark}`,
    body: (draw) => html`${finalTable(result)}
<h3>By round</h3>
<div class="pair">${[...byRound(result), ...foundByDevices(result)].map(draw)}</div>
${wasEvaluated ? undefined : html`<p>Not evaluated on the way: that takes <code>evaluation.every</code> and a split with a validation part.</p>`}
<h3>By popularity of items and activity of people</h3>
<div class="pair">${byFifths.map(draw)}</div>
${fifthsTable("popularity", groups.itemPopularity, mark)}
${fifthsTable("activity", groups.userActivity, mark)}
${declaredTables(groups.declared, mark)}`,
  };
}

function finalTable(result: Result): Html {
  const { test, validation, baselines, spread, newcomers } = result.metrics;
  const names = Object.keys(test);
  const row = (name: string | Html, figures: Readonly<Record<string, number>>) => [
    name,
    ...names.map((metric) => formatFigure(figures[metric])),
  ];
  const own = `federated ${String(result.scenario.model.kind)} (${String(result.scenario.protection.kind)})`;
  const rows = [
    row(html`<strong>${own}</strong>`, test),
    ...(newcomers === undefined ? [] : [row(`its ${newcomers.users} people who never took part`, newcomers.metrics)]),
    ...Object.entries(baselines).map(([name, figures]) => row(name === "local-only" ? "local-only (canary)" : name, figures)),
    ...(Object.keys(spread).length > 0 ? [row("standard deviation over draws of negatives", spread)] : []),
    ...(Object.keys(validation).length > 0 ? [row("federated, on validation", validation)] : []),
  ];
  const caption = `Final figures on test, beside baselines${result.isLeaking ? " (LEAKING)" : ""}`;
  const sample = baselines["local-only"] === undefined ? "" : "; local-only is judged by a sample of the people";
  return html`${table({ id: "final", caption, columns: ["model", ...names], rows })}
<p class="note">${protocolsInWords(result)} Everyone is served by a local solve${sample}.</p>`;
}

/** Each protocol once, with the metrics that follow it. */
function protocolsInWords({ protocol, protocols, metrics }: Result): string {
  const names = Object.keys(metrics.test);
  const of = (metric: string): string => protocols[metric] ?? protocol;
  return [...new Set(names.map(of))].map((words) => `${names.filter((metric) => of(metric) === words).join(", ")}: ${words}.`).join(" ");
}

/** A figure for each of the first two metrics that rounds were evaluated by. */
function byRound({ rounds, metrics: { validationBaselines }, isLeaking }: Result): Chart[] {
  const { shown, every } = thin(rounds.filter(({ metrics }) => metrics !== undefined));
  const names = Object.keys(shown[0]?.metrics ?? {}).slice(0, 2);
  return names.map((metric, at) => {
    const levels = Object.entries(validationBaselines).map(([name, figures]) =>
      series(
        name,
        shown.map(() => finite(figures[metric])),
      ),
    );
    return {
      id: `figure-quality-${at + 1}`,
      title: `${metric} on validation by round${isLeaking ? " (LEAKING)" : ""}`,
      kind: "lines",
      x: { name: "round", values: shown.map(({ round }) => String(round)) },
      y: { name: metric, isFromZero: false },
      series: [
        series(
          "federated",
          shown.map(({ metrics }) => finite(metrics?.[metric])),
        ),
        ...levels,
      ],
      ...noteOf(thinNote(every)),
    };
  });
}

/** What devices found by what they keep aside, where they judge the model; at the round of the model that they judged. */
function foundByDevices({ rounds, isLeaking }: Result): Chart[] {
  const { shown, every } = thin(rounds.flatMap(({ federatedMetrics }) => federatedMetrics ?? []));
  const metric = Object.keys(shown[0]?.metrics ?? {})[0];
  if (metric === undefined) return [];
  const central = shown.map((found) => finite(found.central?.[metric]));
  const isNoised = shown.some(({ noiseStddev }) => noiseStddev !== undefined);
  const spread = shown.at(-1)?.noiseStddev?.[metric];
  const notes = [
    "On validation items, which devices keep aside; test items are candidates like all others.",
    ...(isNoised && spread !== undefined ? [`Noised as promised: standard deviation ${formatFigure(spread)}.`] : []),
    thinNote(every) ?? "",
  ];
  return [
    {
      id: "figure-found",
      title: `${metric} as devices found it, in the cohort's sum${isLeaking ? " (LEAKING)" : ""}`,
      kind: "lines",
      x: { name: "round of the model", values: shown.map(({ modelRound }) => String(modelRound)) },
      y: { name: metric, isFromZero: false },
      series: [
        series(
          "federated",
          shown.map(({ metrics }) => finite(metrics[metric])),
        ),
        ...(central.some((value) => value !== null) ? [{ name: "the same people in one place", values: central, look: 1 }] : []),
      ],
      note: notes.filter((note) => note !== "").join(" "),
    },
  ];
}

function fifthsChart(kind: "popularity" | "activity", fifths: readonly FifthFigures[], metric: string, mark: string): Chart {
  const what = kind === "popularity" ? "items" : "people";
  const names = Object.keys(fifths[0]?.baselines ?? {});
  return {
    id: `figure-${kind}`,
    title: `${metric} on test by ${kind} of ${what}${mark}`,
    kind: "lines",
    x: {
      name: `fifth of the ${what} (1 ${kind === "popularity" ? "rarely rated" : "few ratings"}, 5 most)`,
      word: "fifth",
      values: fifths.map(({ fifth }) => String(fifth)),
    },
    y: { name: metric, isFromZero: false },
    series: [
      series(
        "federated",
        fifths.map(({ metrics }) => finite(metrics[metric])),
      ),
      ...names.map((name) =>
        series(
          name,
          fifths.map(({ baselines }) => finite(baselines[name]?.[metric])),
        ),
      ),
    ],
  };
}

function fifthsTable(kind: "popularity" | "activity", fifths: readonly FifthFigures[], mark: string): Html {
  const metrics = Object.keys(fifths[0]?.metrics ?? {});
  const [first] = metrics;
  const names = first === undefined ? [] : Object.keys(fifths[0]?.baselines ?? {});
  const what = kind === "popularity" ? "items" : "people";
  return table({
    id: `by-${kind}`,
    caption: `On test, by fifths of the ${what}: ${kind === "popularity" ? "from rarely to often rated" : "from few to many ratings"}${mark}`,
    columns: [
      "fifth",
      "training ratings",
      what,
      ...(kind === "popularity" ? ["people judged"] : ["judged"]),
      "held out",
      ...metrics,
      ...names.map((name) => `${first}, ${name}`),
    ],
    rows: fifths.map((fifth) => [
      fifth.fifth,
      rangeOf(fifth),
      ...[fifth.size, fifth.users, fifth.heldOut].map(formatCount),
      ...metrics.map((metric) => formatFigure(fifth.metrics[metric])),
      ...names.map((name) => formatFigure(fifth.baselines[name]?.[first!])),
    ]),
  });
}

function rangeOf({ ratings: [low, high] }: FifthFigures): string {
  return low === high ? String(low) : `${low}–${high}`;
}

function series(name: string, values: readonly (number | null)[]): ChartSeries {
  return { name, values, look: baselineLooks[name] ?? 0 };
}

function finite(value: number | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function noteOf(note: string | undefined): { note?: string } {
  return note === undefined ? {} : { note };
}
