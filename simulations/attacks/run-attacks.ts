/** Attacks as a command: progress, the table, files, exit code. Imports measure, table. */
import { writeFileSync } from "node:fs";
import type { CommandIo, ExitCode } from "../../shared/command/command.ts";
import { CofactorError } from "../../shared/errors.ts";
import type { Scenario } from "../scenario.ts";
import type { Attack } from "./attack.ts";
import { attackLines } from "./attack-table.ts";
import { measureAttacks } from "./measure.ts";

/** What the command line says beside the scenario. */
export interface RunAttacksOptions {
  readonly attacks: readonly Attack[];
  /** How many people are attacked. */
  readonly people: number;
  readonly json: string | undefined;
  readonly report: string | undefined;
  /** The command line that repeats it. */
  readonly command: string;
}

/**
 * Attacks a scenario under every protection and tells.
 * @returns 0, or 130 when interrupted
 * @throws CofactorError CONFIG_INVALID for a number of people, or a scenario, that cannot be attacked
 */
export async function runAttacks(
  scenario: Scenario,
  { attacks, people, json, report, command }: RunAttacksOptions,
  say: (line: string) => void,
  io: CommandIo,
): Promise<ExitCode> {
  if (!(Number.isInteger(people) && people >= 2 && people <= 100_000)) {
    throw new CofactorError("CONFIG_INVALID", `"--attacks" expected 2 to 100000 people, got ${people}`);
  }
  const result = await measureAttacks(scenario, { attacks, people, say, signal: io.signal });
  for (const line of attackLines(result)) say(line);
  if (json === "-") io.out(`${JSON.stringify(result)}\n`);
  else if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, undefined, 1)}\n`);
  if (report !== undefined) {
    const { renderAttacks } = await import("../report/attacks-page.ts");
    writeFileSync(report, await renderAttacks(result, command));
    say(`  report    ${report}`);
  }
  return result.isComplete ? 0 : 130;
}
