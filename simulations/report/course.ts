/** The sections on privacy, and on what the rounds moved, lost and took. */
import { groupsInWords } from "../../shared/groups.ts";
import type { EpsilonByView, PrivacyResult } from "../../shared/privacy-account.ts";
import type { Chart, ChartSeries } from "../../shared/report/chart.ts";
import { type Html, type HtmlValue, html } from "../../shared/report/html.ts";
import { formatBytes, formatEpsilon, formatFigure, formatSeconds, formatShort } from "../../shared/report/numbers.ts";
import { type Section, thin, thinNote } from "../../shared/report/section.ts";
import { table } from "../../shared/report/table.ts";
import type { Result, RoundResult } from "../result.ts";

/** What was promised, planned and spent, for both observers. */
export function privacySection(result: Result): Section {
  const { privacy } = result;
  const { shown, every } = thin(result.rounds.filter(({ epsilon }) => epsilon !== undefined));
  return {
    id: "privacy",
    title: "Privacy",
    body: (draw) =>
      privacy.epsilon === null
        ? html`<p>Nothing is promised: no noise was added, and what sums and published models tell about a person is not bounded.
A section <code>privacy</code> in the scenario promises an epsilon.</p>`
        : html`${epsilonTable(privacy)}
${facts(promiseFacts(privacy))}
${draw(epsilonChart(shown, every))}`,
  };
}

function epsilonTable({ delta, planned, asRun }: PrivacyResult): Html {
  const row = (name: string, { server, release }: EpsilonByView): HtmlValue[] => [name, formatEpsilon(server), formatEpsilon(release)];
  return table({
    id: "epsilon",
    caption: `Epsilon at delta ${String(delta)}, by observer`,
    columns: ["account", "against the aggregator", "against readers of the models"],
    rows: [
      ...(planned === undefined ? [] : [row("by the plan, for all rounds begun", planned)]),
      ...(asRun === undefined ? [] : [row("by the log, as run", asRun.epsilon)]),
    ],
  });
}

function promiseFacts({
  epsilon,
  unit,
  neighboring,
  mechanism,
  placement,
  clipNorm,
  noiseStddev,
  asRun,
}: PrivacyResult): [string, string][] {
  const noise =
    noiseStddev === null ? "unknown" : `standard deviation ${formatShort(noiseStddev)} on an entry of the sum that was released last`;
  return [
    ["promised", `epsilon ${formatEpsilon(epsilon)} for all that a ${unit} ever contributes; neighboring: ${String(neighboring)}`],
    ["mechanism", `${mechanism}, noise added ${placements[placement ?? "central"]}`],
    ["clipped to norm", clipNorm === null ? "bounded by the mechanism" : formatShort(clipNorm)],
    ["noise", noise],
    ...(asRun === undefined
      ? []
      : [["took part", `a user in ${asRun.participations} of ${asRun.rounds} rounds at most`] as [string, string]]),
  ];
}

const placements = {
  local: "by each device for itself",
  distributed: "in shares by the devices",
  central: "to the sum, by the aggregator",
} as const;

function epsilonChart(rounds: readonly RoundResult[], every: number): Chart {
  const views = [
    { name: "against readers of the models", values: rounds.map(({ epsilon }) => epsilon?.release ?? null), look: 0 },
    { name: "against the aggregator", values: rounds.map(({ epsilon }) => epsilon?.server ?? null), look: 1 },
  ];
  const unbounded = views.filter(({ values }) => values.every((value) => value === null)).map(({ name }) => name);
  const notes = [...(unbounded.length > 0 ? [`Unbounded, and not drawn: ${unbounded.join(", ")}.`] : []), thinNote(every) ?? ""];
  return {
    ...byRound(
      rounds,
      "figure-epsilon",
      "Epsilon spent, by the plan",
      "epsilon",
      views.filter(({ name }) => !unbounded.includes(name)),
    ),
    note: notes.filter((note) => note !== "").join(" "),
  };
}

/** More rounds than these are drawn as lines. */
const maxBars = 60;

/** Bytes, losses and times of the rounds. */
export function roundsSection(result: Result): Section {
  const { timing } = result;
  const measured = result.rounds.map((round, at) => ({ ...round, took: timing.roundSeconds[at] ?? null }));
  const { shown, every } = thin(measured);
  const note = thinNote(every);
  const wasLost = shown.some(({ dropped, rejected }) => dropped + rejected > 0);
  const bytes = byRound(shown, "figure-bytes", "Bytes of a round, all devices together", "bytes", [
    { name: "up", values: shown.map(({ bytesUp }) => bytesUp), look: 0 },
    { name: "down", values: shown.map(({ bytesDown }) => bytesDown), look: 1 },
  ]);
  const losses = byRound(shown, "figure-losses", "Devices that were asked and not counted", "devices", [
    { name: "dropped", values: shown.map(({ dropped }) => dropped), look: 0 },
    { name: "rejected", values: shown.map(({ rejected }) => rejected), look: 1 },
  ]);
  const times = byRound(shown, "figure-times", "Seconds that a round took on this machine", "seconds", [
    { name: "seconds", values: shown.map(({ took }) => took), look: 0 },
  ]);
  return {
    id: "rounds",
    title: "Rounds",
    body: (draw) => html`<p>${costInWords(result)}</p>
${result.aggregation === undefined ? undefined : html`<p>Aggregated in groups: ${groupsInWords(result.aggregation)}.</p>`}
${note === undefined ? undefined : html`<p class="note">${note}</p>`}
${draw({ ...bytes, y: { ...bytes.y, format: (value) => formatBytes(value).replace(".0 ", " ") } })}
${wasLost ? undefined : html`<p>No device was lost or rejected.</p>`}
<div class="pair">${wasLost ? draw({ ...losses, kind: shown.length <= maxBars ? "bars" : "lines" }) : undefined}${draw(times)}</div>
${roundsTable(shown, result)}`,
  };
}

/** What a device and this machine spent. */
function costInWords({ traffic, timing, memory }: Result): string {
  const { totalSeconds, roundSecondsMedian, clientSecondsMedian } = timing;
  const device = clientSecondsMedian === null ? "" : `, ${formatSeconds(clientSecondsMedian)} of it a device's`;
  return [
    `Per device and round: ${formatBytes(traffic.upBytesPerClientRound)} up, ${formatBytes(traffic.downBytesPerClientRound)} down.`,
    `In all ${formatSeconds(totalSeconds)} with evaluation and baselines, ${formatSeconds(roundSecondsMedian)} a round (median)${device};`,
    `peak memory ${formatBytes(memory.peakRssBytes)}.`,
  ].join(" ");
}

function roundsTable(rounds: readonly (RoundResult & { readonly took: number | null })[], { scenario }: Result): Html {
  const metrics = [...new Set(rounds.flatMap((round) => Object.keys(round.metrics ?? {})))];
  const isPromised = rounds.some(({ epsilon }) => epsilon !== undefined);
  const stage = scenario.network.transport === "socket" ? "s open" : "s open, virtual";
  const columns = ["round", "outcome", "invited", "accepted", "dropped", "rejected", "bytes up", "bytes down", stage, "s on this machine"];
  return html`<details><summary>Every round in figures</summary>
${table({
  id: "every-round",
  caption: "Every round",
  columns: [
    ...columns,
    ...(isPromised ? ["epsilon, aggregator", "epsilon, readers"] : []),
    ...metrics.map((metric) => `${metric}, validation`),
  ],
  words: [1],
  rows: rounds.map((round) => [
    round.round,
    round.outcome,
    ...[round.invited, round.accepted, round.dropped, round.rejected, round.bytesUp, round.bytesDown],
    formatShort(round.seconds),
    round.took === null ? "–" : formatShort(round.took),
    ...(isPromised ? [formatEpsilon(round.epsilon?.server), formatEpsilon(round.epsilon?.release)] : []),
    ...metrics.map((metric) => formatFigure(round.metrics?.[metric])),
  ]),
})}
</details>`;
}

/** Names and what they stand for. */
export function facts(rows: readonly (readonly [string, HtmlValue])[]): Html {
  return html`<dl>
${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
`;
}

function byRound(rounds: readonly RoundResult[], id: string, title: string, unit: string, series: readonly ChartSeries[]): Chart {
  return {
    id,
    title,
    kind: "lines",
    x: { name: "round", values: rounds.map(({ round }) => String(round)) },
    y: { name: unit, isFromZero: true },
    series,
  };
}
