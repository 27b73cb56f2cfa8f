/** The seam for subcommands of the command line: what one declares and how it runs. Imports nothing. */

/** An option of a subcommand. */
export interface CommandOption {
  readonly type: "string" | "boolean";
  /** May be given several times. */
  readonly multiple?: boolean;
  /** What to write behind it in the help: "FILE". */
  readonly value?: string;
  readonly help: string;
}

/** Parsed options: strings, lists of strings, or true. */
export type CommandValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** A subcommand. Each lives in a module that exports it as `command`. */
export interface Command {
  /** How it is called, behind the program's name: "simulate [SCENARIO.yaml]". */
  readonly usage: string;
  /** One sentence. */
  readonly summary: string;
  /** Greatest number of positional arguments. */
  readonly positionals: number;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Example lines for the help. */
  readonly examples: readonly string[];
  /** Runs it. @returns the exit code: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted */
  run(positionals: readonly string[], values: CommandValues): Promise<number>;
}

/** An option's text, when it was given. */
export function textOption(values: CommandValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** An option's texts, when it may be given several times. */
export function listOption(values: CommandValues, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
