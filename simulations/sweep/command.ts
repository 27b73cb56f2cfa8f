/** What `cofactor simulate --sweep` does. Imports the parts of this folder, and the report when it is asked for. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { CommandIo, ExitCode } from "../../shared/command/command.ts";
import { CofactorError } from "../../shared/errors.ts";
import { leakWarning } from "../report/terminal.ts";
import { folderCache, noCache } from "./cache.ts";
import type { Executor } from "./executor.ts";
import { loadGrid } from "./grid.ts";
import { runSweep } from "./sweep.ts";
import { cellLine, sweepTable } from "./terminal.ts";
import { createExecutor } from "./threads.ts";

/** The command's options, checked. */
export interface SweepCommand {
  readonly grid: string;
  readonly scenario: string | undefined;
  readonly overrides: readonly string[];
  readonly cache: string | undefined;
  /** Where cells run instead of on this machine. May hold a password: never told. */
  readonly queue: string | undefined;
  readonly workers: number | undefined;
  readonly json: string | undefined;
  readonly report: string | undefined;
  readonly tellsTest: boolean;
  /** What runs the scenario without the grid. */
  readonly command: string;
}

/** Cells at a time where nobody says how many: each has all of the data in memory. */
const mostWorkers = 4;

/** Runs the command. @throws CofactorError as its parts */
export async function sweepCommand(options: SweepCommand, say: (line: string) => void, io: CommandIo): Promise<ExitCode> {
  const { json, report, tellsTest, command } = options;
  const grid = await loadGrid(options.grid, options.scenario, options.overrides);
  const scenarios = grid.settings.flatMap((setting) => setting.scenarios);
  if (scenarios.some(({ network }) => network.transport === "socket")) {
    throw new CofactorError(
      "CONFIG_INVALID",
      '"network.transport" expected memory: a sweep runs many simulations, and no processes over sockets',
    );
  }
  if (scenarios.some(({ evaluation }) => evaluation.negatives === "paper-compat")) say(leakWarning);
  const folder = options.cache ?? besideOutput(json, report);
  const cache = folder === undefined ? noCache : folderCache(folder);
  const cells = scenarios.length;
  const workers = Math.min(cells, options.workers ?? Math.min(mostWorkers, availableParallelism()));
  const executor = options.queue === undefined ? createExecutor(workers, io.signal) : await queueExecutor(options.queue, say, io);
  say(
    `sweep     ${grid.settings.length} settings x ${grid.seeds.length} seeds, ${options.queue === undefined ? `${workers} at a time` : "wherever a worker reads the queue"}; finished cells ${folder === undefined ? "are not kept (--cache DIR keeps them)" : `are kept in ${folder}`}`,
  );
  try {
    const sweep = await runSweep(grid, { executor, cache, signal: io.signal, tellsTest, onCell: (cell) => say(cellLine(cell)) });
    if (json === "-") io.out(`${JSON.stringify(sweep)}\n`);
    else say(sweepTable(sweep, command));
    if (json !== undefined && json !== "-") {
      writeFileSync(json, `${JSON.stringify(sweep, undefined, 1)}\n`);
      say(`  result    ${json}`);
    }
    if (report !== undefined) {
      const { renderSweep } = await import("../report/sweep-page.ts");
      writeFileSync(report, await renderSweep(sweep, command));
      say(`  report    ${report}`);
    }
    if (io.signal.aborted && folder !== undefined) say("  resume    the same command goes on with the cells that are missing");
    return io.signal.aborted ? 130 : 0;
  } finally {
    await executor.close();
  }
}

async function queueExecutor(url: string, say: (line: string) => void, { signal }: CommandIo): Promise<Executor> {
  const { createQueueExecutor } = await import("./queue/executor.ts");
  return createQueueExecutor({ url, signal, say });
}

/** A folder named after the output; none for standard output alone. */
function besideOutput(json: string | undefined, report: string | undefined): string | undefined {
  const output = json === undefined || json === "-" ? report : json;
  return output === undefined ? undefined : `${output.replace(/\.[^./\\]*$/, "")}.cells`;
}
