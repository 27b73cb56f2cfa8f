/** `cofactor simulate`: runs a scenario, in memory or over real sockets, and reports. */
import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Command, type CommandIo, defineCommand } from "../shared/command/command.ts";
import { CofactorError } from "../shared/errors.ts";
import { runAudit } from "./audits/run-audit.ts";
import { offerDemo } from "./demo/offer.ts";
import { runLive } from "./live/live.ts";
import { type ComparedRun, readComparedRun } from "./report/compared.ts";
import { leakWarning, resultTable, roundLine } from "./report/terminal.ts";
import type { Result } from "./result.ts";
import type { Scenario } from "./scenario.ts";
import { loadScenario } from "./scenario-file.ts";
import { simulate } from "./simulate.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[SCENARIO.yaml]"],
  options: {
    set: { kind: "list", value: "PATH=VALUE", summary: "changes a value of the scenario, for example model.rank=16" },
    seed: { kind: "number", value: "N", summary: "the seed of everything that is drawn" },
    workers: { kind: "number", value: "N", summary: "threads for the devices; changes no result" },
    audit: {
      kind: "number",
      value: "TRAININGS",
      summary: "instead of people, trains canaries so many times and says how much of the promised epsilon an attacker gets",
    },
    attacks: {
      kind: "number",
      value: "PEOPLE",
      summary: "attacks the ratings of so many people under every protection, and says how well each attack tells",
    },
    json: { kind: "text", value: "FILE", summary: "writes the result as JSON; - for standard output, and nothing else there" },
    report: { kind: "text", value: "FILE.html", summary: "writes the result as a page that needs nothing else" },
    sweep: {
      kind: "text",
      value: "GRID.yaml",
      summary: "runs the scenario with every combination of a grid's values and seeds, and chooses the best by validation",
    },
    cache: { kind: "text", value: "DIR", summary: "where a sweep keeps finished cells, to go on with; by default beside its output" },
    queue: {
      kind: "text",
      value: "URL",
      summary: "runs a sweep's cells wherever a cofactor worker reads the same Redis, for example redis://HOST:6379",
    },
    "show-test": { kind: "flag", summary: "shows test figures of all settings of a sweep, not of the chosen one alone" },
    compare: { kind: "list", value: "FILE.json", summary: "shows a result of --json beside this one in the report" },
    demo: {
      kind: "text",
      value: "auto|off",
      summary: "auto: on a terminal with a browser, opens the wine demo there afterwards",
      default: "off",
    },
  },
  examples: [
    "cofactor simulate",
    "cofactor simulate simulations/scenarios/quick.yaml --seed 7",
    "cofactor simulate --set evaluation.every=1 --seed 2 --report wines.html --compare seed-1.json --compare seed-3.json",
    "cofactor simulate --set privacy.epsilon=4 --audit 40",
    "cofactor simulate simulations/scenarios/wines-attacks.yaml --attacks 40",
    "cofactor simulate simulations/scenarios/wines.yaml --sweep grid.yaml --report sweep.html",
    "cofactor simulate simulations/scenarios/wines.yaml --sweep grid.yaml --queue redis://queue.example:6379 --json sweep.json",
    "cofactor simulate --set dataset.name=ml-100k --set dataset.path=DIR --set model.kind=implicit-als --json -",
  ],
  async run({ options, positionals, io }) {
    const { set, seed, workers, audit, attacks: attacked, json, report, compare, demo } = options;
    if (demo !== "auto" && demo !== "off") throw new CofactorError("CONFIG_INVALID", `"--demo" expected auto or off, got "${demo}"`);
    if (workers !== undefined && !(Number.isInteger(workers) && workers >= 1 && workers <= 256)) {
      throw new CofactorError("CONFIG_INVALID", `"--workers" expected 1 to 256, got ${workers}`);
    }
    assertAlone(options);
    const compared = prepareReport(report, compare, audit !== undefined);
    const overrides = [...set, ...(seed === undefined ? [] : [`seed=${seed}`])];
    const swept = (["cache", "queue", "show-test"] as const).find((name) => options[name] !== undefined && options[name] !== false);
    if (options.sweep === undefined && swept !== undefined)
      throw new CofactorError("CONFIG_INVALID", `"--${swept}" expected "--sweep GRID.yaml" beside it`);
    if (options.queue !== undefined && workers !== undefined)
      throw new CofactorError("CONFIG_INVALID", '"--workers" expected no "--queue": how many run at a time is up to each cofactor worker');
    const command = ["cofactor simulate", ...positionals, ...overrides.map((override) => `--set ${quoted(override)}`)].join(" ");
    // With the JSON on standard output, progress goes to a watching person alone.
    const say = (line: string): void => (json !== "-" ? io.out(`${line}\n`) : io.isTerminal ? io.err(`${line}\n`) : undefined);
    if (options.sweep !== undefined) {
      if (compare.length > 0) throw new CofactorError("CONFIG_INVALID", '"--sweep" expected no "--compare" beside it');
      if (json !== undefined && json !== "-") assertWritable("--json", json);
      const { cache, queue, "show-test": tellsTest } = options;
      const { sweepCommand } = await import("./sweep/command.ts");
      return sweepCommand(
        { grid: options.sweep, scenario: positionals[0], overrides, cache, queue, workers, json, report, tellsTest, command },
        say,
        io,
      );
    }
    const scenario = await loadScenario(positionals[0], overrides);
    if (audit !== undefined) return runAudit(scenario, audit, say, io, json);
    if (attacked !== undefined) {
      const [{ runAttacks }, { attacks }] = await Promise.all([import("./attacks/run-attacks.ts"), import("./attacks/index.ts")]);
      return runAttacks(scenario, { attacks, people: attacked, json, report, command: `${command} --attacks ${attacked}` }, say, io);
    }
    if (scenario.evaluation.negatives === "paper-compat") say(leakWarning);
    const result = await train(scenario, workers, say, io);
    if (json === "-") io.out(`${JSON.stringify(result)}\n`);
    else say(resultTable(result, command));
    if (json !== undefined && json !== "-") {
      writeFileSync(json, `${JSON.stringify(result, undefined, 1)}\n`);
      say(`  result    ${json}`);
    }
    if (report !== undefined) {
      const { renderReport } = await import("./report/page.ts");
      writeFileSync(report, await renderReport(result, { command, compared }));
      say(`  report    ${report}`);
    }
    if (io.signal.aborted) return 130;
    if (demo === "auto") await offerDemo(io);
    return 0;
  },
});

async function train(scenario: Scenario, workers: number | undefined, say: (line: string) => void, { signal }: CommandIo): Promise<Result> {
  if (scenario.network.transport === "socket") return runLive(scenario, { say, signal });
  const onRound = (round: Result["rounds"][number], rounds: number): void => say(roundLine(round, rounds));
  return simulate(scenario, { onRound, signal, ...(workers === undefined ? {} : { workers }) });
}

/** Sweeps, audits and attacks are each a command of its own. */
function assertAlone({ sweep, audit, attacks, compare }: Readonly<Record<"sweep" | "audit" | "attacks" | "compare", unknown>>): void {
  const chosen = [
    ["--sweep", sweep],
    ["--audit", audit],
    ["--attacks", attacks],
  ].flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const others = [...chosen.slice(1), ...(attacks !== undefined && (compare as readonly string[]).length > 0 ? ["--compare"] : [])];
  if (others.length > 0) throw new CofactorError("CONFIG_INVALID", `"${chosen[0]}" expected no "${others[0]}" beside it`);
}

/** Refuses before the work what could not be reported after it, and reads what is to stand beside it. */
function prepareReport(report: string | undefined, compare: readonly string[], isAudit: boolean): readonly ComparedRun[] {
  if (report === undefined) {
    if (compare.length > 0) throw new CofactorError("CONFIG_INVALID", '"--compare" expected "--report FILE.html" beside it');
    return [];
  }
  if (isAudit)
    throw new CofactorError("CONFIG_INVALID", '"--report" expected no "--audit": an audit trains canaries, and has no such report');
  assertWritable("--report", report);
  return compare.map(readComparedRun);
}

function assertWritable(option: string, path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `"${option}" expected a folder that can be written, got "${path}"`, { cause });
  }
}

/** A word of a shell's command line. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
