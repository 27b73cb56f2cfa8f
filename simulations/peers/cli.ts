/** `cofactor peers`: agents on a graph without a server, on simulated links. Imports scenario, ../scenario-file. */
import { writeFileSync } from "node:fs";
import { type Command, defineCommand } from "../../shared/command/command.ts";
import { loadConfig } from "../scenario-file.ts";
import { type PeerResult, parsePeerScenario, runPeerScenario } from "./scenario.ts";

/** The subcommand. */
export const command: Command = defineCommand({
  positionals: ["[SCENARIO.yaml]"],
  options: {
    set: { kind: "list", value: "path=value", summary: "overrides a value of the scenario" },
    seed: { kind: "number", value: "N", summary: "the seed of everything that is drawn" },
    json: { kind: "text", value: "FILE", summary: "writes the result as JSON; - for standard output, and nothing else there" },
  },
  examples: [
    "cofactor peers",
    "cofactor peers --set task.exchange.kind=paillier --set task.rounds=10 --json -",
    "cofactor peers --set topology.kind=small-world --set links.loss=0.2",
  ],
  async run({ options, positionals, io }) {
    const { json, seed } = options;
    const overrides = [...options.set, ...(seed === undefined ? [] : [`seed=${seed}`])];
    const scenario = await loadConfig(positionals[0], overrides, parsePeerScenario);
    const say = (line: string): void => (json !== "-" ? io.out(`${line}\n`) : io.isTerminal ? io.err(`${line}\n`) : undefined);
    let result: PeerResult;
    try {
      result = await runPeerScenario(scenario, { say, signal: io.signal });
    } catch (error) {
      if (io.signal.aborted) return 130;
      throw error;
    }
    if (json === "-") io.out(`${JSON.stringify(result)}\n`);
    else for (const line of tableOf(result)) say(line);
    if (json !== undefined && json !== "-") writeFileSync(json, `${JSON.stringify(result, undefined, 1)}\n`);
    return 0;
  },
});

function tableOf({ figures, traffic, timing, killed, scenario }: PeerResult): readonly string[] {
  const rows: [string, string][] = Object.entries(figures).map(([name, value]) => [name, shown(value)]);
  rows.push(["agents", `${scenario.agents}, ${traffic.edges} edges${killed.length > 0 ? `, killed: ${killed.join(", ")}` : ""}`]);
  rows.push(["bytes per edge", `${Math.round(traffic.bytesPerEdge)}, ${Math.round(traffic.bytesPerEdgeRound)} in a round`]);
  rows.push(["frames", `${traffic.frames}, ${traffic.lostFrames} lost`]);
  rows.push(["time", `${timing.totalSeconds.toFixed(1)} s, ${Math.round(timing.networkMs)} ms of the network's`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

function shown(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : value.toPrecision(5);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return Object.entries(value)
    .map(([name, part]) => `${name} ${shown(part)}`)
    .join(", ");
}
