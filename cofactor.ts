#!/usr/bin/env node
/** The command line's front door: finds the subcommand, parses its options, runs it. Subcommands are loaded when asked for. */
import { parseArgs } from "node:util";
import type { Command, CommandOption } from "./shared/command.ts";
import { isCofactorError } from "./shared/errors.ts";
import { nearest } from "./shared/registry.ts";

const oldestNode = [22, 18] as const;

/** Every subcommand. A new one is a module and a line here. */
const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  simulate: () => import("./simulations/cli.ts"),
  serve: () => import("./server/cli.ts"),
  join: () => import("./client/cli.node.ts"),
  keys: () => import("./server/keys-cli.ts"),
  keyholder: () => import("./server/keyholder-cli.ts"),
  datasets: () => import("./simulations/datasets/cli.ts"),
};

/** A call whose words are off. */
class UsageError extends Error {}

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    return fail(2, `Node ${oldestNode.join(".")} or newer is needed, this is ${process.versions.node}`);
  }
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h") return help();
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined) {
    const hint = nearest(name, Object.keys(commands));
    return fail(2, `"${name}" is no command${hint === undefined ? "" : `; did you mean "${hint}"?`} See cofactor --help`);
  }
  const { command } = await load();
  try {
    const parsed = parse(command, rest);
    if (parsed.values["help"] === true) return commandHelp(command);
    return await command.run(parsed.positionals, parsed.values);
  } catch (error) {
    if (process.env["COFACTOR_DEBUG"] !== undefined) console.error(error);
    if (error instanceof UsageError) return fail(2, `${error.message}. See cofactor ${name} --help`);
    if (!isCofactorError(error)) throw error;
    return fail(error.code === "CONFIG_INVALID" || error.code === "DATA_INVALID" ? 2 : 1, `${error.code}: ${error.message}`);
  }
}

function parse(command: Command, argv: readonly string[]): { readonly positionals: readonly string[]; readonly values: Record<string, string | boolean | readonly string[]> } {
  const options: Record<string, { type: "string" | "boolean"; multiple: boolean }> = { help: { type: "boolean", multiple: false } };
  for (const [name, option] of Object.entries(command.options)) options[name] = { type: option.type, multiple: option.multiple ?? false };
  try {
    const { positionals, values } = parseArgs({ args: joinDash(argv), options, allowPositionals: true, strict: true });
    if (positionals.length > command.positionals) throw new UsageError(`expected at most ${command.positionals} arguments, got ${positionals.length}`);
    return { positionals, values: values as Record<string, string | boolean | readonly string[]> };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const unknown = /'(-{1,2}[^' ]+)/.exec((error as Error).message)?.[1];
    const hint = unknown === undefined ? undefined : nearest(unknown.replace(/^-+/, ""), Object.keys(options));
    throw new UsageError(`${(error as Error).message.split(". ")[0]}${hint === undefined ? "" : `; did you mean "--${hint}"?`}`);
  }
}

/** "--json -" as "--json=-": a lone dash means standard output. */
function joinDash(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (const argument of argv) {
    if (argument === "-" && out.at(-1)?.startsWith("--") === true) out.push(`${out.pop()}=-`);
    else out.push(argument);
  }
  return out;
}

async function help(): Promise<number> {
  const lines = ["cofactor: recommenders trained across devices that never show their data", ""];
  for (const load of Object.values(commands)) {
    const { command } = await load();
    lines.push(`  cofactor ${command.usage}`, `      ${command.summary}`);
  }
  lines.push("", "cofactor COMMAND --help says more. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.");
  console.log(lines.join("\n"));
  return 0;
}

function commandHelp(command: Command): number {
  const describe = ([name, option]: [string, CommandOption]): string =>
    `  --${`${name}${option.value === undefined ? "" : ` ${option.value}`}`.padEnd(24)} ${option.help}${option.multiple === true ? " (may be repeated)" : ""}`;
  const examples = command.examples.length === 0 ? [] : ["", "Examples:", ...command.examples.map((line) => `  ${line}`)];
  const lines = [`cofactor ${command.usage}`, "", command.summary, "", ...Object.entries(command.options).map(describe), "  --help", ...examples];
  console.log(lines.join("\n"));
  return 0;
}

function fail(code: number, message: string): number {
  console.error(`cofactor: ${message}`);
  return code;
}
