/** `cofactor bench`: medians of comparable work side by side in one run. Imports bench. */

import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { nearest } from "../shared/registry.ts";
import { formatBytes } from "../shared/report/numbers.ts";
import { type BenchFigure, type BenchJob, type BenchRow, type BenchSubject, measureGroup } from "./bench/bench.ts";
import { subjects } from "./bench/index.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[SUBJECT]"],
  options: {
    time: { kind: "number", value: "MS", summary: "how long each case is timed", default: 1_000 },
    only: { kind: "text", value: "TEXT", summary: "runs only what has this at the beginning of its title, such as idle of transport" },
    json: { kind: "text", value: "FILE", summary: "writes the figures as JSON; - for standard output, and nothing else there" },
  },
  examples: ["cofactor bench", "cofactor bench crypto --json -", "cofactor bench transport --only idle --json idle.json"],
  async run({ options, positionals, io }) {
    const { time, json } = options;
    if (!(time >= 1 && time <= 600_000)) throw new CofactorError("CONFIG_INVALID", `"--time" expected 1 to 600000 ms, got ${time}`);
    const chosen = positionals[0] === undefined ? subjects : [subjectOf(positionals[0])];
    const say = (line: string): void => (json !== "-" ? io.out(`${line}\n`) : io.isTerminal ? io.err(`${line}\n`) : undefined);
    const { rows, figures } = await measure(chosen, { budgetMs: time, only: options.only }, say, io);
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    say(`peak memory of this process: ${formatBytes(peakRssBytes)}`);
    if (json !== undefined) {
      const machine = { node: process.versions.node, cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism() };
      const text = `${JSON.stringify({ machine, rows, figures, peakRssBytes }, undefined, 1)}\n`;
      if (json === "-") io.out(text);
      else writeFileSync(json, text);
    }
    return io.signal.aborted ? 130 : 0;
  },
});

/** A job's figure and where it belongs. */
type FigureRow = BenchFigure & { readonly subject: string; readonly group: string };

/** @throws CofactorError CONFIG_INVALID when `only` leaves nothing to run */
async function measure(
  chosen: readonly BenchSubject[],
  { budgetMs, only }: { readonly budgetMs: number; readonly only: string | undefined },
  say: (line: string) => void,
  io: CommandIo,
): Promise<{ readonly rows: BenchRow[]; readonly figures: FigureRow[] }> {
  const { signal } = io;
  const rows: BenchRow[] = [];
  const figures: FigureRow[] = [];
  const titles: string[] = [];
  let hasRun = false;
  for (const subject of chosen) {
    for await (const group of subject.groups()) {
      if (signal.aborted) break;
      titles.push(group.title);
      if (only !== undefined && !group.title.startsWith(only)) {
        if ("close" in group) await group.close?.();
        continue;
      }
      hasRun = true;
      const title = `${subject.name}: ${group.title}`;
      const status = (text: string): void => (io.isTerminal ? io.err(`\r\u001b[K${text}`) : undefined);
      status(`${title} ...`);
      const lines: string[] = [];
      if ("measure" in group) {
        const found = await finish(group, signal, (text) => status(`${title}: ${text} ...`));
        figures.push(...found.map((figure) => ({ subject: subject.name, group: group.title, ...figure })));
        lines.push(...found.map(figureLine));
      } else {
        const timed = await measureGroup(subject.name, group, { budgetMs, signal });
        await group.close?.();
        rows.push(...timed);
        lines.push(...timed.map(rowLine));
      }
      status("");
      for (const line of [title, ...lines, ""]) say(line);
    }
  }
  if (!hasRun && !signal.aborted) {
    throw new CofactorError("CONFIG_INVALID", `"--only" expected the beginning of one of: ${titles.join("; ")}; got "${only}"`);
  }
  return { rows, figures };
}

/** A job's figures; none when it was interrupted. */
async function finish(job: BenchJob, signal: AbortSignal, say: (status: string) => void): Promise<readonly BenchFigure[]> {
  try {
    return await job.measure(signal, say);
  } catch (error) {
    if (signal.aborted) return [];
    throw error;
  }
}

/** A line of the table: median by the piece of work, ratio to the group's first, least, samples. */
function rowLine({ name, unitMs, leastMs, ratio, samples, units, unit }: BenchRow): string {
  const by = unit === "run" ? "" : ` a ${unit}`;
  const figures = [`${formatMs(unitMs)}${by}`, `${formatMs(leastMs / units)} least`, formatRatio(ratio), `${samples} samples`];
  return `  ${name.padEnd(34)}  ${figures.map((figure) => figure.padStart(18)).join("")}`;
}

function figureLine({ name, value, unit }: BenchFigure): string {
  const digits = unit === "loss" || unit === "epsilon" ? { maximumSignificantDigits: 7 } : { maximumFractionDigits: 2 };
  const text = unit === "ms" ? formatMs(value) : `${value.toLocaleString("en-US", digits)} ${unit}`;
  return `  ${name.padEnd(60)}  ${text.padStart(18)}`;
}

/** Far below 1, how many times less it is says more. */
function formatRatio(ratio: number): string {
  return ratio < 0.1 ? `1/${(1 / ratio).toLocaleString("en-US", { maximumFractionDigits: 0 })}` : `x ${ratio.toFixed(2)}`;
}

function formatMs(ms: number): string {
  return ms >= 0.1 ? `${ms.toFixed(2)} ms` : ms >= 0.0001 ? `${(ms * 1000).toFixed(2)} us` : `${(ms * 1e6).toFixed(2)} ns`;
}

function subjectOf(name: string): BenchSubject {
  const names = subjects.map((subject) => subject.name);
  const found = subjects.find((subject) => subject.name === name);
  if (found !== undefined) return found;
  const hint = nearest(name, names);
  throw new CofactorError(
    "CONFIG_INVALID",
    `"bench" expected ${names.join(" or ")}, got "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
  );
}
