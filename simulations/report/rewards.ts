/** The section on rewards: what devices were worth, by value and by activity. Imports chart, html, section, table. */
import type { Result } from "../result.ts";
import type { RewardFigures } from "../rewards/options.ts";
import type { Chart } from "./chart.ts";
import { html } from "./html.ts";
import { formatCount } from "./numbers.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

/** The section; undefined where the scenario shares nothing out. */
export function rewardsSection({ rewards }: Result): Section | undefined {
  if (rewards === undefined) return undefined;
  return {
    id: "rewards",
    title: "What devices were worth",
    body: (draw) => html`<p>${inWords(rewards)}</p>
<div class="pair">${[valuesChart(rewards), activityChart(rewards)].map(draw)}</div>
${table({ id: "rewards-table", caption: "Values of devices", columns: ["", rewards.metric], rows: rowsOf(rewards) })}
<p class="note">A value says how useful a person's data was: whoever keeps values knows that of each device. They follow from groups' sums and
memberships alone; the more rounds, the better they tell single people apart.</p>`,
  };
}

function inWords({ metric, scheme, division, rounds, groups, coalitions, judges, people, total }: RewardFigures): string {
  return `${formatCount(rounds)} rounds gained ${small(total)} in ${metric} on validation (${formatCount(judges)} people judge, more is better), shared out among their ${formatCount(groups)} groups by ${scheme} (${formatCount(coalitions)} models were judged), and among the ${formatCount(people)} devices in them: ${division}.`;
}

function rowsOf({ distribution, ratingsCorrelation, freeRiders }: RewardFigures): readonly (readonly string[])[] {
  const { least, lower, median, upper, most } = distribution;
  return [
    ["least", small(least)],
    ["lower quartile", small(lower)],
    ["median", small(median)],
    ["upper quartile", small(upper)],
    ["most", small(most)],
    ["rank correlation with the number of ratings", ratingsCorrelation === null ? "none" : ratingsCorrelation.toFixed(3)],
    ...(freeRiders === undefined
      ? []
      : [
          [`mean of ${freeRiders.people} free riders`, small(freeRiders.mean)],
          ["mean of the others", small(freeRiders.othersMean)],
          ["chance that a free rider got less than another device", freeRiders.toldApart.toFixed(3)],
        ]),
  ];
}

function valuesChart({ bins, freeRiders, metric }: RewardFigures): Chart {
  return {
    id: "figure-rewards",
    title: "Devices by what they were worth",
    kind: "bars",
    x: { name: `value (${metric})`, word: "value", values: bins.map(({ from, to }) => small((from + to) / 2)) },
    y: { name: "devices", isFromZero: true },
    series: [
      { name: "devices that contribute their ratings", values: bins.map(({ honest }) => honest), look: 0 },
      ...(freeRiders === undefined ? [] : [{ name: "free riders", values: bins.map((bin) => bin.freeRiders), look: 2 }]),
    ],
  };
}

function activityChart({ byActivity, metric }: RewardFigures): Chart {
  return {
    id: "figure-rewards-activity",
    title: "Mean value by activity of people",
    kind: "lines",
    x: { name: "fifth of the people (1 few ratings, 5 most)", word: "fifth", values: byActivity.map(({ fifth }) => String(fifth)) },
    y: { name: metric, isFromZero: true, format: small },
    series: [{ name: "devices that contribute their ratings", values: byActivity.map(({ mean }) => mean), look: 0 }],
  };
}

/** Three digits, however small: "1.23e-4". */
function small(value: number): string {
  return Math.abs(value) >= 0.001 || value === 0 ? String(Number(value.toPrecision(3))) : value.toExponential(2);
}
