/**
 * The seam for subcommands of `cofactor`: what one declares, and what it is given when it runs. Imports errors' types.
 *
 * A subcommand's module exports `command`, made with `defineCommand`; cofactor.ts lists the module in one line.
 */

import type { ErrorCode } from "../errors.ts";

/** The value that an option takes: nothing, a text, a finite number, or a text at every one of its occurrences. */
export type OptionKind = "flag" | "text" | "number" | "list";

/** One option, by its name without dashes in a record of them. */
export interface OptionSpec {
  readonly kind: OptionKind;
  /** One sentence for `--help`, without a stop at its end. */
  readonly summary: string;
  /** What stands for the value in `--help`, for example FILE. */
  readonly value?: string;
  /** A single letter that means the same. */
  readonly short?: string;
  /** The value when the option is absent; only for text and number. */
  readonly default?: string | number;
}

/** Options by name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec["kind"] extends "flag"
  ? boolean
  : Spec["kind"] extends "list"
    ? readonly string[]
    : (Spec["kind"] extends "number" ? number : string) | (Spec extends { readonly default: string | number } ? never : undefined);

/** The options as a subcommand receives them: a flag is a boolean, a list an array (empty when absent), the rest may be undefined. */
export type OptionValues<Specs extends OptionSpecs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };

/** Exit codes: 0 it worked, 1 it failed, 2 the command line or the configuration is wrong, 130 it was interrupted; others by subcommand. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 130;

/** An exit code of a subcommand's own. */
export interface ExitCase {
  readonly code: ExitCode;
  /** The errors that end with it. */
  readonly errors: readonly ErrorCode[];
  /** What happened, and what to do: for `--help`, without a stop at its end. */
  readonly summary: string;
}

/** The world that a subcommand may touch beside files and sockets. */
export interface CommandIo {
  /** Writes to standard output, without adding a line end. */
  out(text: string): void;
  /** Writes to standard error, without adding a line end: progress and notes. */
  err(text: string): void;
  /** Whether a person watches standard error, so that a line may be rewritten. */
  readonly isTerminal: boolean;
  /** Whether a person sits at it, and no script or continuous integration: reads standard output and could type. Absent: nobody does. */
  readonly isInteractive?: boolean;
  /** Aborted at the first SIGINT or SIGTERM: end in good order. A second signal ends the process at once. */
  readonly signal: AbortSignal;
}

/** What `run` is given. */
export interface CommandInput<Specs extends OptionSpecs = OptionSpecs> {
  readonly options: OptionValues<Specs>;
  /** The arguments that are no options, as many as `positionals` allows. */
  readonly positionals: readonly string[];
  readonly io: CommandIo;
}

/** What a subcommand declares. */
export interface CommandSpec<Specs extends OptionSpecs> {
  /** Arguments in order: `<FILE>` is required, `[FILE]` is not, `[...FILES]` or `<...FILES>` at the end takes the rest. */
  readonly positionals?: readonly string[];
  readonly options: Specs;
  /** Command lines to show in `--help`, each beginning with "cofactor". */
  readonly examples?: readonly string[];
  /** Exit codes beside those that every subcommand has. */
  readonly exits?: readonly ExitCase[];
  /**
   * Does the work. Throws CofactorError: CONFIG_INVALID ends with exit code 2, those of `exits` with theirs, everything else with 1.
   *
   * @returns the exit code; nothing means 0
   */
  run(input: CommandInput<Specs>): Promise<ExitCode | undefined>;
}

/** A subcommand with the types of its options forgotten, as the front door holds it. */
export type Command = CommandSpec<OptionSpecs>;

/** A line of the front door's table. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `cofactor --help`. */
  readonly summary: string;
  /** Loads the module when the subcommand is called, not before. */
  load(): Promise<{ readonly command: Command }>;
}

/**
 * Checks a subcommand's types: `run` sees each option with the type of its kind.
 *
 * @example defineCommand({ options: {}, run: async () => undefined }).positionals // undefined
 */
export function defineCommand<const Specs extends OptionSpecs>(spec: CommandSpec<Specs>): Command {
  return spec as unknown as Command;
}
