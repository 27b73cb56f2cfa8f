/**
 * Runs a command line: finds the subcommand, loads it, hands it its options, and turns what it throws into a line and an exit
 * code. Imports the rest of this folder, errors, registry.
 */
import { CofactorError, isCofactorError } from "../errors.ts";
import { nearest } from "../registry.ts";
import type { CommandEntry, CommandIo, ExitCase, ExitCode } from "./command.ts";
import { helpOfCommand, helpOfProgram } from "./help.ts";
import { parseArguments } from "./parse.node.ts";

/** A program: its name, and its subcommands. */
export interface Program {
  readonly name: string;
  /** One sentence for `--help`. */
  readonly summary: string;
  readonly version: string;
  /** The oldest Node that runs it, as major.minor. */
  readonly node: string;
  readonly commands: readonly CommandEntry[];
}

/** What the process tells the program about itself. */
export interface ProgramHost {
  readonly io: CommandIo;
  /** The running Node, as major.minor.patch. */
  readonly nodeVersion: string;
  /** Print stacks of errors, too: the variable COFACTOR_DEBUG is set. */
  readonly debug: boolean;
}

/**
 * Runs one command line, without the two words before the arguments.
 *
 * Guarantees: never throws; errors go to standard error as `code: message` (a stack only under COFACTOR_DEBUG), help that
 * was asked for to standard output; only the module of the subcommand that was named is loaded.
 */
export async function runProgram(program: Program, args: readonly string[], host: ProgramHost): Promise<ExitCode> {
  const { io } = host;
  if (isOlder(host.nodeVersion, program.node)) {
    io.err(`${program.name} needs Node ${program.node} or newer; this is Node ${host.nodeVersion}. See https://nodejs.org/en/download\n`);
    return 2;
  }
  let exits: readonly ExitCase[] = [];
  try {
    const [name, ...rest] = args;
    if (name === "--version" || name === "-v") {
      io.out(`${program.version}\n`);
      return 0;
    }
    if (name === undefined || name === "--help" || name === "-h") {
      const asked = name !== undefined;
      (asked ? io.out : io.err)(helpOfProgram(program.name, program.summary, program.commands));
      return asked ? 0 : 2;
    }
    const entry = program.commands.find((candidate) => candidate.name === name);
    if (entry === undefined) throw unknownCommand(program, name);
    const { command } = await entry.load();
    exits = command.exits ?? [];
    const parsed = parseArguments(command, rest);
    if (parsed.help) {
      io.out(helpOfCommand(program.name, entry, command));
      return 0;
    }
    return (await command.run({ options: parsed.options as never, positionals: parsed.positionals, io })) ?? 0;
  } catch (error) {
    io.err(describe(error, host.debug));
    if (!isCofactorError(error)) return 1;
    return error.code === "CONFIG_INVALID" ? 2 : (exits.find(({ errors }) => errors.includes(error.code))?.code ?? 1);
  }
}

function describe(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return `${error.stack ?? error.message}\n${causeOf(error)}`;
  if (isCofactorError(error)) return `${error.code}: ${error.message}\n`;
  return `INTERNAL: ${error instanceof Error ? error.message : String(error)} (COFACTOR_DEBUG=1 shows where)\n`;
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? `caused by ${error.cause.stack ?? error.cause.message}\n${causeOf(error.cause)}` : "";
}

function unknownCommand(program: Program, name: string): CofactorError {
  const names = program.commands.map((entry) => entry.name);
  const hint = nearest(name, names);
  const suffix = hint === undefined ? `; known commands: ${names.join(", ")}` : `; did you mean "${hint}"?`;
  return new CofactorError("CONFIG_INVALID", `"${name}" is not a known ${name.startsWith("-") ? "option" : "command"}${suffix}`);
}

/** Compares major.minor as numbers. */
function isOlder(version: string, needed: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split(".").map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}
