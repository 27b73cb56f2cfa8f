/** `cofactor bench`: medians of comparable work side by side in one run. Imports bench. */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { nearest } from "../shared/registry.ts";
import { type BenchRow, type BenchSubject, measureGroup } from "./bench/bench.ts";
import { subjects } from "./bench/index.ts";
import { formatBytes } from "./report.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[SUBJECT]"],
  options: {
    time: { kind: "number", value: "MS", summary: "how long each case is timed", default: 1_000 },
    json: { kind: "text", value: "FILE", summary: "writes the figures as JSON; - for standard output, and nothing else there" },
  },
  examples: ["cofactor bench", "cofactor bench rounds --json rounds.json"],
  async run({ options, positionals, io }) {
    const { time, json } = options;
    if (!(time >= 1 && time <= 600_000)) throw new CofactorError("CONFIG_INVALID", `"--time" expected 1 to 600000 ms, got ${time}`);
    const chosen = positionals[0] === undefined ? subjects : [subjectOf(positionals[0])];
    const say = (line: string): void => (json !== "-" ? io.out(`${line}\n`) : io.isTerminal ? io.err(`${line}\n`) : undefined);
    const rows = await measure(chosen, time, say, io);
    const peakRssBytes = process.resourceUsage().maxRSS * 1024;
    say(`peak memory of this process: ${formatBytes(peakRssBytes)}`);
    if (json !== undefined) {
      const machine = { node: process.versions.node, cpu: cpus()[0]?.model ?? "unknown", cores: availableParallelism() };
      const text = `${JSON.stringify({ machine, rows, peakRssBytes }, undefined, 1)}\n`;
      if (json === "-") io.out(text);
      else writeFileSync(json, text);
    }
    return io.signal.aborted ? 130 : 0;
  },
});

async function measure(
  chosen: readonly BenchSubject[],
  budgetMs: number,
  say: (line: string) => void,
  { signal }: CommandIo,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const subject of chosen) {
    for await (const group of subject.groups()) {
      if (signal.aborted) break;
      const timed = await measureGroup(subject.name, group, { budgetMs, signal });
      await group.close?.();
      rows.push(...timed);
      say(`${subject.name}: ${group.title}`);
      for (const row of timed) say(rowLine(row));
      say("");
    }
  }
  return rows;
}

/** A line of the table: median, ratio to the group's first, least, samples. */
function rowLine({ name, medianMs, leastMs, ratio, samples }: BenchRow): string {
  const figures = [`${formatMs(medianMs)} median`, `${formatMs(leastMs)} least`, `x ${ratio.toFixed(2)}`, `${samples} samples`];
  return `  ${name.padEnd(28)}  ${figures.map((figure) => figure.padStart(16)).join("")}`;
}

function formatMs(ms: number): string {
  return ms >= 0.1 ? `${ms.toFixed(2)} ms` : `${(ms * 1000).toFixed(2)} us`;
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
