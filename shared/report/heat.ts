/**
 * Heat maps: a number for each place of two lists of values, darker where it is better. Drawn with one of the page's colors at different strengths, weak
 * enough for the page's ink to be read on it. Imports html's types, numbers.
 */
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts/types/dist/shared";
import type { HtmlValue } from "./html.ts";
import { formatFigure } from "./numbers.ts";

/** A heat map. */
export interface HeatChart {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  readonly kind: "heat";
  readonly x: { readonly name: string; readonly values: readonly string[] };
  readonly y: { readonly name: string; readonly values: readonly string[] };
  /** [y][x]; null where there is none. */
  readonly values: readonly (readonly (number | null)[])[];
  /** What a value is: "hr@10 on validation". */
  readonly what: string;
  readonly isLessBetter: boolean;
  /** In the units of the wide drawing; by default that of other figures. */
  readonly height?: number;
  readonly note?: HtmlValue;
}

/** Weakest and strongest share of the color: on the strongest, the page's ink keeps a contrast of 4.5 in light and dark. */
const strengths = [0.05, 0.42] as const;
/** Room to the left for the values of y, in pixels of a drawing for each of their letters, and the most of it. */
const letterWidth = 7;
const mostLeft = 130;
/** What a figure of four digits takes. */
const figureWidth = 44;

/** Whether it is a heat map. */
export function isHeat(chart: { readonly kind: string }): chart is HeatChart {
  return chart.kind === "heat";
}

/** What the map says, in words. */
export function describeHeat({ title, what, x, y, values, isLessBetter }: HeatChart): string {
  const known = values.flatMap((row, at) => row.flatMap((value, place) => (value === null ? [] : [{ value, at, place }])));
  if (known.length === 0) return `${title}: no value.`;
  const sorted = known.toSorted((a, b) => (isLessBetter ? a.value - b.value : b.value - a.value));
  const told = ({ value, at, place }: (typeof known)[number]): string =>
    `${formatFigure(value)} at ${x.name} ${x.values[place]}, ${y.name} ${y.values[at]}`;
  return `${title}. ${what} by ${x.name} and ${y.name}. Best: ${told(sorted[0]!)}. Worst: ${told(sorted.at(-1)!)}.`;
}

/** The drawing, as echarts takes it. */
export function heatOption(chart: HeatChart): Record<string, unknown> {
  const { x, y, values, isLessBetter } = chart;
  const text = { color: "var(--muted)", fontSize: 12 };
  const known = values.flat().filter((value): value is number => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const strengthOf = (value: number): number => {
    const share = high === low ? 1 : (value - low) / (high - low);
    return strengths[0] + (strengths[1] - strengths[0]) * (isLessBetter && high !== low ? 1 - share : share);
  };
  const left = Math.min(mostLeft, 14 + letterWidth * Math.max(...y.values.map(({ length }) => length)));
  const axis = (name: string, data: readonly string[]): object => ({
    type: "category",
    data,
    name,
    nameTextStyle: text,
    axisLabel: { ...text, hideOverlap: true, width: mostLeft - 14, overflow: "truncate" },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: false },
  });
  return {
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif", ...text },
    grid: { left, right: 14, top: 34, bottom: 26, containLabel: false },
    xAxis: { ...axis(x.name, x.values), nameLocation: "middle", nameGap: 26 },
    yAxis: { ...axis(y.name, y.values), nameTextStyle: { ...text, align: "left", padding: [0, 0, 0, -left + 14] }, nameGap: 14 },
    series: [
      {
        type: "custom",
        silent: true,
        data: values.flatMap((row, at) => row.flatMap((value, place) => (value === null ? [] : [[place, at, value]]))),
        renderItem(_params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) {
          const value = Number(api.value(2));
          const [centerX, centerY] = api.coord([api.value(0), api.value(1)]) as [number, number];
          const [cellWidth, cellHeight] = api.size!([1, 1]) as [number, number];
          const shape = { x: centerX - cellWidth / 2 + 1, y: centerY - cellHeight / 2 + 1, width: cellWidth - 2, height: cellHeight - 2 };
          const isBest = value === (isLessBetter ? low : high);
          const frame = isBest ? { stroke: "var(--c1)", lineWidth: 2 } : {};
          const rect = { type: "rect", shape, style: { fill: "var(--c1)", fillOpacity: strengthOf(value), ...frame } };
          if (cellWidth < figureWidth || cellHeight < 16) return rect;
          const label = {
            text: formatFigure(value),
            fill: "var(--ink)",
            fontSize: 12,
            fontFamily: "system-ui, sans-serif",
            x: centerX,
            y: centerY,
            align: "center",
            verticalAlign: "middle",
          };
          return { type: "group", children: [rect, { type: "text", style: label }] };
        },
      },
    ],
  };
}
