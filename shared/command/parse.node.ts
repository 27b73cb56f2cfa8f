/**
 * Arguments of a command line against a subcommand's declaration. Imports command.ts, errors, registry, node:util.
 *
 * Texts stay as they were typed: "007" is no number and "-" is a value, so that `--json -` means standard output.
 */
import { parseArgs } from "node:util";
import { CofactorError } from "../errors.ts";
import { nearest } from "../registry.ts";
import type { Command, OptionSpec } from "./command.ts";

/** What was typed, checked against the declaration. */
export interface ParsedArguments {
  readonly help: boolean;
  readonly options: Readonly<Record<string, boolean | string | number | readonly string[] | undefined>>;
  readonly positionals: readonly string[];
}

/**
 * Reads the arguments behind the subcommand's name.
 *
 * Guarantees: every declared option is present in the result by name, with its default, `false`, an empty list or undefined
 * when it was not given; of an option given twice that is no list the last one counts; after `--` nothing is an option.
 *
 * @throws CofactorError CONFIG_INVALID for an unknown option (naming the nearest), a missing or superfluous value or argument
 */
export function parseArguments(command: Command, args: readonly string[]): ParsedArguments {
  const known: Record<string, OptionSpec> = { ...command.options, help: { kind: "flag", summary: "", short: "h" } };
  const { tokens } = parseArgs({ args: [...args], options: toNodeOptions(known), strict: false, allowPositionals: true, tokens: true });
  const options: Record<string, boolean | string | number | string[] | undefined> = {};
  for (const [name, spec] of Object.entries(known)) options[name] = absent(spec);
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (spec === undefined) throw invalid(unknownOption(token.rawName, Object.keys(known)));
    // An option's name where a value should stand is a forgotten value, unless it was given behind an equals sign.
    const forgotten = token.inlineValue === false && /^-\D/.test(token.value);
    const value = forgotten ? undefined : token.value;
    if (spec.kind === "list") (options[token.name] as string[]).push(requireText(token.rawName, value));
    else options[token.name] = readValue(spec, token.rawName, value);
  }
  const { help, ...rest } = options;
  if (command.options["help"] !== undefined) throw new TypeError('"help" is an option of every subcommand: none declares it');
  if (help !== true) checkCount(command.positionals ?? [], positionals);
  return { help: help === true, options: rest, positionals };
}

function toNodeOptions(known: Readonly<Record<string, OptionSpec>>): Record<string, { type: "boolean" | "string"; short?: string }> {
  return Object.fromEntries(
    Object.entries(known).map(([name, { kind, short }]) => [
      name,
      { type: kind === "flag" ? "boolean" : "string", ...(short === undefined ? {} : { short }) },
    ]),
  );
}

function absent(spec: OptionSpec): boolean | string | number | string[] | undefined {
  return spec.kind === "flag" ? false : spec.kind === "list" ? [] : spec.default;
}

function readValue(spec: OptionSpec, typed: string, value: string | undefined): boolean | string | number {
  if (spec.kind === "flag") {
    if (value !== undefined) throw invalid(`${typed} takes no value, got "${value}"`);
    return true;
  }
  const text = requireText(typed, value);
  if (spec.kind === "text") return text;
  const number = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(number)) throw invalid(`${typed} expected a number, got "${text}"`);
  return number;
}

function requireText(typed: string, value: string | undefined): string {
  if (value === undefined) throw invalid(`${typed} expected a value; one that begins with a dash is written ${typed}=-...`);
  return value;
}

function checkCount(declared: readonly string[], given: readonly string[]): void {
  const missing = declared.slice(given.length).find((one) => one.startsWith("<"));
  if (missing !== undefined) throw invalid(`the argument ${missing} is missing`);
  const takesRest = declared.at(-1)?.slice(1).startsWith("...") ?? false;
  if (!takesRest && given.length > declared.length) {
    throw invalid(`expected at most ${declared.length} arguments, got ${given.length}: "${given[declared.length]}" is too many`);
  }
}

function unknownOption(typed: string, known: readonly string[]): string {
  const hint = nearest(typed.replace(/^-+/, ""), known);
  return `${typed} is not a known option${hint === undefined ? "" : `; did you mean --${hint}?`}`;
}

function invalid(message: string): CofactorError {
  return new CofactorError("CONFIG_INVALID", message);
}
