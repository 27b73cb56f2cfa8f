/** The section that puts other results beside a run, with mean and spread over seeds. Imports compared, chart, table. */
import type { Chart } from "../../shared/report/chart.ts";
import { type Html, html } from "../../shared/report/html.ts";
import { formatBytes, formatEpsilon, formatFigure } from "../../shared/report/numbers.ts";
import type { Section } from "../../shared/report/section.ts";
import { table } from "../../shared/report/table.ts";
import { type ComparedRun, differences, settingsOf } from "./compared.ts";

/** More differences than these are counted. */
const maxDifferences = 8;

/** Runs whose scenarios differ in nothing but the seed. */
interface Variant {
  /** "A" is this run's own. */
  readonly letter: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly runs: readonly ComparedRun[];
}

/** The section; nothing when there is nothing to compare with. `own` comes first. */
export function comparisonSection(own: ComparedRun, others: readonly ComparedRun[]): Section | undefined {
  if (others.length === 0) return undefined;
  const variants = variantsOf([own, ...others]);
  const metrics = Object.keys(own.result.metrics.test);
  const several = variants.filter(({ runs }) => figuresBySeed(runs).length > 1);
  return {
    id: "comparison",
    title: "Beside other runs",
    body: (draw) => html`<p>Runs with the same letter have the same scenario but for the seed; A is that of this run.</p>
${metrics.length > 0 ? draw(pointsChart(own, variants, metrics[0]!)) : undefined}
${runsTable(own, variants, metrics)}
${several.length > 0 ? spreadTable(own, several, metrics) : html`<p class="note">No scenario was run with several seeds: nothing is known about the spread.</p>`}`,
  };
}

/** Mean and sample standard deviation of a metric over a variant's seeds; a seed that was run several times counts once. */
export function spreadOver(
  runs: readonly ComparedRun[],
  metric: string,
): { readonly mean: number; readonly stddev: number; readonly seeds: number } {
  const values = figuresBySeed(runs).flatMap(({ result }) => result.metrics.test[metric] ?? []);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, stddev: Math.sqrt(square / (values.length - 1)), seeds: values.length };
}

/** A complete run for each seed. */
function figuresBySeed(runs: readonly ComparedRun[]): ComparedRun[] {
  const seeds = new Map<number, ComparedRun>();
  for (const run of runs) if (run.result.isComplete && !seeds.has(run.result.scenario.seed)) seeds.set(run.result.scenario.seed, run);
  return [...seeds.values()];
}

function variantsOf(runs: readonly ComparedRun[]): Variant[] {
  const variants = new Map<string, { settings: ReadonlyMap<string, string>; runs: ComparedRun[] }>();
  for (const run of runs) {
    const settings = settingsOf(run.result);
    const key = JSON.stringify([...settings].sort());
    const known = variants.get(key);
    if (known === undefined) variants.set(key, { settings, runs: [run] });
    else known.runs.push(run);
  }
  return [...variants.values()].map((variant, at) => ({ ...variant, letter: letterOf(at) }));
}

/** A, B, ... Z, AA, AB, ... */
function letterOf(at: number): string {
  return (at < 26 ? "" : letterOf(Math.floor(at / 26) - 1)) + String.fromCharCode(65 + (at % 26));
}

/** Whether figures of both mean the same: measured in the same way, on the same data. */
function isComparable({ result: own }: ComparedRun, { result: other }: ComparedRun): boolean {
  return own.dataset.sha256 === other.dataset.sha256 && own.isLeaking === other.isLeaking;
}

function pointsChart(own: ComparedRun, variants: readonly Variant[], metric: string): Chart {
  const points = variants.flatMap(({ letter, runs }) =>
    runs.filter((run) => run !== own && isComparable(own, run)).map((run) => ({ letter, value: run.result.metrics.test[metric] ?? null })),
  );
  const letters = [...new Set(["A", ...points.map(({ letter }) => letter)])];
  // A series has one value a place: as many series as the most that stand over a place.
  const most = Math.max(...letters.map((letter) => points.filter((point) => point.letter === letter).length));
  const layers = Array.from({ length: most }, (_, layer) => ({
    name: "other runs",
    values: letters.map((letter) => points.filter((point) => point.letter === letter)[layer]?.value ?? null),
    look: 1,
  }));
  const self = {
    name: "this run",
    values: letters.map((letter) => (letter === "A" ? (own.result.metrics.test[metric] ?? null) : null)),
    look: 0,
  };
  return {
    id: "figure-runs",
    title: `${metric} on test, run by run`,
    kind: "points",
    x: { name: "scenario", values: letters },
    y: { name: metric, isFromZero: false },
    series: [self, ...layers],
    note: "Each mark is a run. Runs on other data, or that leak where this one does not, are left out.",
  };
}

function runsTable(own: ComparedRun, variants: readonly Variant[], metrics: readonly string[]): Html {
  const base = variants[0]!.settings;
  const rows = variants.flatMap(({ letter, settings, runs }) =>
    runs.map((run) => {
      const { result } = run;
      const { scenario, privacy, traffic } = result;
      const told = differences(base, settings).filter((difference) => !difference.startsWith("data: "));
      const remarks = [
        ...(result.isLeaking ? ["LEAKING"] : []),
        ...(result.isComplete ? [] : [`interrupted after ${result.rounds.length} rounds`]),
        ...(result.dataset.sha256 === own.result.dataset.sha256 ? [] : ["OTHER DATA"]),
        ...told.slice(0, maxDifferences),
        ...(told.length > maxDifferences ? [`and ${told.length - maxDifferences} more`] : []),
      ];
      const epsilon = privacy.epsilon === null ? undefined : privacy.asRun?.epsilon;
      return [
        run === own ? html`<strong>${letter}: ${run.name}</strong>` : `${letter}: ${run.name}`,
        remarks.length === 0 ? "–" : remarks.join("; "),
        scenario.seed,
        ...metrics.map((metric) => formatFigure(result.metrics.test[metric])),
        formatEpsilon(epsilon?.server),
        formatEpsilon(epsilon?.release),
        formatBytes(traffic.upBytesPerClientRound),
        formatBytes(traffic.downBytesPerClientRound),
      ];
    }),
  );
  return table({
    id: "runs",
    caption: "Runs side by side, on test; bytes per device and round",
    columns: ["run", "differs from this run in", "seed", ...metrics, "epsilon, aggregator", "epsilon, readers", "up", "down"],
    words: [1],
    rows,
  });
}

function spreadTable(own: ComparedRun, variants: readonly Variant[], metrics: readonly string[]): Html {
  return table({
    id: "spread",
    caption: "Mean and standard deviation over seeds, on test",
    columns: ["scenario", "seeds", ...metrics],
    rows: variants.map(({ letter, runs }) => [
      `${letter}${runs.some(({ result }) => result.isLeaking) ? " (LEAKING)" : isComparable(own, runs[0]!) ? "" : " (other data)"}`,
      figuresBySeed(runs)
        .map(({ result }) => result.scenario.seed)
        .join(", "),
      ...metrics.map((metric) => {
        const { mean, stddev, seeds } = spreadOver(runs, metric);
        return seeds < 2 ? "–" : `${formatFigure(mean)} ± ${formatFigure(stddev)}`;
      }),
    ]),
  });
}
