/** The texts of `--help`. Imports command.ts. */
import type { Command, CommandEntry, ExitCase, OptionSpecs } from "./command.ts";

/** The exit codes of every subcommand, and those of one of its own. */
function exitCodes(cases: readonly ExitCase[] = []): string {
  const rows: (readonly [string, string])[] = [
    ["0", "it worked"],
    ["1", "it failed: the message says why"],
    ["2", "the command line or the configuration is wrong: correct what the message names"],
    ...cases.map(({ code, summary }) => [String(code), summary] as const),
    ["130", "it was interrupted"],
  ];
  return `Exit codes:\n${table(rows)}`;
}

/** What `cofactor --help` prints. */
export function helpOfProgram(name: string, summary: string, commands: readonly CommandEntry[]): string {
  const rows = commands.map((entry) => [entry.name, entry.summary] as const);
  const options = [
    ["--help, -h", "show this text, or that of a subcommand"],
    ["--version, -v", "show the version"],
  ] as const;
  return [
    `${name}: ${summary}\n`,
    `Usage: ${name} COMMAND [ARGUMENTS]\n`,
    ...(rows.length === 0 ? [] : [`Commands:\n${table(rows)}`]),
    `Options:\n${table(options)}`,
    exitCodes(),
    `"${name} COMMAND --help" says more about one of them.\n`,
  ].join("\n");
}

/** What `cofactor COMMAND --help` prints. */
export function helpOfCommand(name: string, entry: CommandEntry, command: Command): string {
  const usage = [name, entry.name, ...(command.positionals ?? []), "[OPTIONS]"].join(" ");
  return [
    `${entry.summary}\n`,
    `Usage: ${usage}\n`,
    `Options:\n${table([...optionRows(command.options), ["--help, -h", "show this text"]])}`,
    ...(command.examples === undefined ? [] : [`Examples:\n${command.examples.map((example) => `  ${example}\n`).join("")}`]),
    exitCodes(command.exits),
  ].join("\n");
}

function optionRows(options: OptionSpecs): (readonly [string, string])[] {
  return Object.entries(options).map(([name, spec]) => {
    const value = spec.kind === "flag" ? "" : ` ${spec.value ?? (spec.kind === "number" ? "N" : "TEXT")}`;
    const short = spec.short === undefined ? "" : `, -${spec.short}`;
    const notes = [
      ...(spec.kind === "list" ? ["may be repeated"] : []),
      ...(spec.default === undefined ? [] : [`default ${spec.default}`]),
    ];
    return [`--${name}${value}${short}`, `${spec.summary}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`] as const;
  });
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join("");
}
