/** Numbers as the page shows them. Imports the privacy account's types. */
import type { EpsilonByView } from "../privacy-account.ts";

/** A figure of quality; a dash where there is none. */
export function formatFigure(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? "–" : value.toFixed(4);
}

/** A count with groups of three digits. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** An epsilon: three digits, or that nothing bounds it. */
export function formatEpsilon(value: number | null | undefined): string {
  return value === null || value === undefined ? "unbounded" : String(Number(value.toPrecision(3)));
}

/** A number of an axis or a caption: four digits at most. */
export function formatShort(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Bytes for people: "31.7 kB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return bytes < 1e12 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e12).toFixed(2)} TB`;
}

/** A time: seconds, or thousandths or millionths of one. */
export function formatSeconds(seconds: number): string {
  const [value, unit] = seconds >= 1 || seconds === 0 ? [seconds, "s"] : seconds >= 0.001 ? [seconds * 1e3, "ms"] : [seconds * 1e6, "µs"];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** A time as a clock counts it: "754 s" is "12 min 34 s". */
export function formatSpan(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 100) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

/** Whether less of a metric is better. */
export function isError(metric: string): boolean {
  return metric === "rmse" || metric === "mae";
}

/** Both columns in words. */
export function epsilonInWords({ server, release }: EpsilonByView): string {
  return `${formatEpsilon(server)} against the aggregator, ${formatEpsilon(release)} against readers of the published models`;
}
