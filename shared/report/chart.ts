/**
 * Figures as SVG, drawn by echarts without a browser: colors are the page's variables, so that one drawing serves light and dark,
 * and each figure is drawn twice, for wide and for narrow places. Imports heat.ts, html.ts, numbers.ts.
 */
import { describeHeat, type HeatChart, heatOption, isHeat } from "./heat.ts";
import { Html, type HtmlValue, html } from "./html.ts";
import { formatShort } from "./numbers.ts";

/** A series; `null` where it has no value. */
export interface ChartSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** Its place among `looks`: color, dashes and mark. */
  readonly look: number;
}

/** What a figure shows. */
export interface Chart {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly kind: "lines" | "bars" | "points";
  /** Of lines, numbers in ascending order. `word` stands before a value in words, by default the name. */
  readonly x: { readonly name: string; readonly word?: string; readonly values: readonly string[] };
  readonly y: { readonly name: string; readonly format?: (value: number) => string; readonly isFromZero: boolean };
  readonly series: readonly ChartSeries[];
  readonly note?: HtmlValue;
}

/** Draws a figure with its caption, legend and text alternative. */
export type Draw = (chart: Chart | HeatChart) => Html;

const looks = [
  { color: "var(--c1)", dash: [], symbol: "circle" },
  { color: "var(--c2)", dash: [7, 4], symbol: "triangle" },
  { color: "var(--c3)", dash: [2, 3], symbol: "rect" },
  { color: "var(--c4)", dash: [9, 3, 2, 3], symbol: "diamond" },
] as const;
const marks = {
  circle: "M10 6a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
  triangle: "M14 2L18.5 10L9.5 10Z",
  rect: "M10.5 2.5h7v7h-7Z",
  diamond: "M14 1L18.5 6L14 11L9.5 6Z",
} as const;
const wide = { width: 760, height: 280 };
const narrow = { width: 360, height: 240 };
/** More points than these have no marks of their own. */
const maxMarks = 40;

/** What draws: echarts' `init`, with the parts registered that the charts need. */
export type Init = (
  dom: null,
  theme: null,
  options: { readonly renderer: "svg"; readonly ssr: true; readonly width: number; readonly height: number },
) => { setOption(option: Record<string, unknown>): void; renderToSVGString(): string; dispose(): void };

/** Draws with what it is given. */
export function createDraw(init: Init): Draw {
  const render = (chart: Chart | HeatChart, size: { readonly width: number; readonly height: number }): string => {
    const drawing = init(null, null, { renderer: "svg", ssr: true, ...size });
    drawing.setOption(isHeat(chart) ? heatOption(chart) : optionOf(chart));
    const text = drawing.renderToSVGString();
    drawing.dispose();
    return text;
  };
  return (chart) => {
    const [large, small] = [wide, narrow].map(({ width, height }) => ({
      width,
      height: isHeat(chart) ? (chart.height ?? height) : height,
    }));
    return figure(chart, new Html(plain(render(chart, large!), "wide")), new Html(plain(render(chart, small!), "narrow")));
  };
}

/** What a figure says, in words: each series' first and last value, and its extremes. */
export function describeChart({ title, x, y, series }: Chart): string {
  const format = y.format ?? formatShort;
  const told = series.map(({ name, values }) => {
    const known = values.flatMap((value, at) => (value === null ? [] : [{ value, at: `${x.word ?? x.name} ${x.values[at]}` }]));
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined) return `${name}: no value.`;
    const sizes = known.map(({ value }) => value);
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    if (low === high) return `${name}: ${format(low)}.`;
    return `${name}: ${format(first.value)} at ${first.at}, ${format(last.value)} at ${last.at}, between ${format(low)} and ${format(high)}.`;
  });
  return [`${title}. ${y.name} by ${x.name}.`, ...told].join(" ");
}

function figure(chart: Chart | HeatChart, large: Html, small: Html): Html {
  return html`<figure id="${chart.id}">
<figcaption><strong>${chart.title}</strong>${chart.note === undefined ? undefined : html`<span class="note">${chart.note}</span>`}${isHeat(chart) ? undefined : legend(chart)}</figcaption>
<div class="plot" role="img" aria-label="${isHeat(chart) ? describeHeat(chart) : describeChart(chart)}">
${large}
${small}
</div>
</figure>
`;
}

function legend({ kind, series }: Chart): HtmlValue {
  if (series.length < 2) return undefined;
  const named = series.filter(({ name }, at) => series.findIndex((other) => other.name === name) === at);
  const entries = named.map(({ name, look }) => {
    const { color, dash, symbol } = looks[look % looks.length]!;
    const line = html`<path d="M0 6H28" stroke="${color}" stroke-width="2" stroke-dasharray="${dash.join(" ")}"/>`;
    const mark = html`<path d="${kind === "bars" ? "M8 0h12v12h-12Z" : marks[symbol]}" fill="${color}"/>`;
    return html`<li><svg width="28" height="12" viewBox="0 0 28 12" aria-hidden="true">${kind === "lines" ? line : undefined}${mark}</svg>${name}</li>`;
  });
  return html`<ul class="legend">${entries}</ul>`;
}

/**
 * Takes out what only a page that echarts lives on needs: names that differ from drawing to drawing, styles, hooks, name spaces,
 * and clipping of what lies inside anyway.
 */
function plain(svg: string, size: string): string {
  return svg
    .replace(/<(style|defs)[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/<rect [^>]*fill="none"><\/rect>\n/, "")
    .replace(/ (?:class|clip-path|xmlns|xmlns:xlink|version|baseProfile|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replace("<svg ", `<svg class="${size}" aria-hidden="true" focusable="false" `)
    .replace(/\n\s*\n/g, "\n");
}

function optionOf(chart: Chart): Record<string, unknown> {
  const { kind, x, y } = chart;
  const text = { color: "var(--muted)", fontSize: 12 };
  const format = y.format ?? formatShort;
  return {
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif", ...text },
    grid: { left: 6, right: 14, top: 34, bottom: 26 },
    xAxis: {
      ...(isNumeric(chart) ? { type: "value", min: "dataMin", max: "dataMax", minInterval: 1 } : { type: "category", data: x.values }),
      name: x.name,
      nameLocation: "middle",
      nameTextStyle: text,
      nameGap: 26,
      splitLine: { show: false },
      axisLabel: { ...text, hideOverlap: true },
      axisLine: { show: true, lineStyle: { color: "var(--muted)" } },
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      name: y.name,
      nameTextStyle: { ...text, align: "left" },
      nameGap: 14,
      scale: !y.isFromZero,
      splitNumber: 4,
      ...(kind === "bars" ? { minInterval: 1 } : {}),
      axisLabel: { ...text, formatter: format },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: "var(--line)" } },
    },
    series: chart.series.map((series) => seriesOf(chart, series)),
  };
}

/** Whether the figure's places are numbers on a line: labels then stand at round ones. One place alone has no line. */
function isNumeric({ kind, x }: Chart): boolean {
  return kind === "lines" && x.values.length > 1;
}

function seriesOf(chart: Chart, { name, values, look }: ChartSeries): object {
  const { color, dash, symbol } = looks[look % looks.length]!;
  const { kind, x, series: all } = chart;
  const data = isNumeric(chart) ? values.map((value, at) => [Number(x.values[at]), value]) : values;
  const common = { name, data, silent: true, emphasis: { disabled: true }, itemStyle: { color, opacity: 1 } };
  if (kind === "bars") return { ...common, type: "bar", barMaxWidth: 28, barGap: "10%", ...(all.length > 1 ? { stack: "all" } : {}) };
  if (kind === "points") return { ...common, type: "scatter", symbol, symbolSize: 10, clip: false };
  const isLevel = values.length > 1 && values.every((value) => value === values[0]);
  return {
    ...common,
    type: "line",
    clip: false,
    connectNulls: true,
    symbol,
    symbolSize: 7,
    showSymbol: !isLevel && x.values.length <= maxMarks,
    lineStyle: { color, width: 2, ...(dash.length > 0 ? { type: [...dash] } : {}) },
  };
}
