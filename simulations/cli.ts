/** `cofactor simulate`: runs a scenario, in memory or over real sockets, and reports. */
import { writeFileSync } from "node:fs";
import { type Command, type CommandValues, listOption, textOption } from "../shared/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { runLive } from "./live/live.ts";
import { resultTable, roundLine } from "./report.ts";
import type { Result } from "./result.ts";
import { loadScenario } from "./scenario-file.ts";
import { simulate } from "./simulate.ts";

/** The subcommand. */
export const command: Command = {
  usage: "simulate [SCENARIO.yaml]",
  summary: "Runs a federated training on real data, in memory or over real sockets, beside its baselines.",
  positionals: 1,
  options: {
    set: { type: "string", multiple: true, value: "PATH=VALUE", help: "changes a value of the scenario, for example model.rank=16" },
    seed: { type: "string", value: "N", help: "the seed of everything that is drawn" },
    workers: { type: "string", value: "N", help: "threads for the devices; changes no result" },
    json: { type: "string", value: "FILE", help: "writes the result as JSON; - for standard output, and nothing else there" },
  },
  examples: [
    "cofactor simulate",
    "cofactor simulate simulations/scenarios/quick.yaml --seed 7",
    "cofactor simulate --set dataset.name=ml-100k --set dataset.path=DIR --set model.kind=implicit-als --json -",
  ],
  run,
};

async function run(positionals: readonly string[], values: CommandValues): Promise<number> {
  const seed = textOption(values, "seed");
  const overrides = [...listOption(values, "set"), ...(seed === undefined ? [] : [`seed=${seed}`])];
  const scenario = await loadScenario(positionals[0], overrides);
  const json = textOption(values, "json");
  const say = json === "-" ? (line: string) => void (process.stderr.isTTY && console.error(line)) : (line: string) => console.log(line);
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.once("SIGINT", onSignal);
  let result: Result;
  try {
    if (scenario.network.transport === "socket") result = await runLive(scenario, { say, signal: interrupt.signal });
    else {
      const onRound = (round: Result["rounds"][number], rounds: number): void => say(roundLine(round, rounds));
      const workers = parseWorkers(textOption(values, "workers"));
      result = await simulate(scenario, { onRound, signal: interrupt.signal, ...(workers === undefined ? {} : { workers }) });
    }
  } finally {
    process.off("SIGINT", onSignal);
  }
  if (json === "-") process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    say(resultTable(result, ["cofactor simulate", ...positionals, ...overrides.map((override) => `--set ${quoted(override)}`)].join(" ")));
    if (json !== undefined) {
      writeFileSync(json, `${JSON.stringify(result, undefined, 1)}\n`);
      say(`  result    ${json}`);
    }
  }
  return interrupt.signal.aborted ? 130 : 0;
}

/** A word of a shell's command line. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function parseWorkers(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) throw new CofactorError("CONFIG_INVALID", `"--workers" expected 1 to 256, got "${text}"`);
  return workers;
}
