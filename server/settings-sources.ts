/**
 * Where settings come from: flags before the environment before a file before the defaults. Imports settings, yaml, node:fs.
 *
 * A variable is named after its path: `limits.maxConnections` is COFACTOR_SERVE_LIMITS_MAX_CONNECTIONS. Lists are YAML, as in a file: [a, b].
 */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { CofactorError } from "../shared/errors.ts";
import { nearest } from "../shared/registry.ts";
import { type Leaf, parseSettings, type Settings, settingLeaves } from "./settings.ts";

/** What begins the names of the environment's settings. */
export const variablePrefix = "COFACTOR_SERVE_";

/** Everything that may say something, the strongest first. */
export interface SettingsSources {
  /** Settings by path, from options of their own. */
  readonly flags: ReadonlyMap<string, unknown>;
  /** `path=value`, the value in YAML. */
  readonly set: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A YAML file. */
  readonly file: string | undefined;
}

/**
 * The settings that all sources come to.
 * @throws CofactorError CONFIG_INVALID for an unknown key or variable (naming the nearest), a value out of range, a file that cannot be read
 */
export function resolveSettings({ flags, set, environment, file }: SettingsSources): Settings {
  const leaves = settingLeaves();
  const input = file === undefined ? {} : readSettingsFile(file);
  for (const [path, value] of fromEnvironment(environment, leaves)) put(input, path, value);
  for (const text of set) put(input, ...parseSet(text, leaves));
  for (const [path, value] of flags) if (value !== undefined) put(input, path.split("."), value);
  return parseSettings(input);
}

/** The environment's name of a setting. */
export function variableOf(path: readonly string[]): string {
  return `${variablePrefix}${path.map((step) => step.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join("_")}`;
}

function readSettingsFile(path: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `the settings file "${path}" cannot be read`, { cause });
  }
  const input = parseYaml(text, path) ?? {};
  if (typeof input !== "object" || Array.isArray(input)) throw new CofactorError("CONFIG_INVALID", `${path}: expected settings by name`);
  return structuredClone(input) as Record<string, unknown>;
}

function* fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  leaves: readonly Leaf[],
): Iterable<readonly [readonly string[], unknown]> {
  const byName = new Map(leaves.map((leaf) => [variableOf(leaf.path), leaf]));
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith(variablePrefix)) continue;
    const leaf = byName.get(name);
    if (leaf === undefined) throw unknown(`the variable ${name} is not a known setting`, name, [...byName.keys()]);
    yield [leaf.path, leaf.isText ? value : parseYaml(value, name)];
  }
}

function parseSet(text: string, leaves: readonly Leaf[]): [readonly string[], unknown] {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(0, at));
  if (at < 1)
    throw new CofactorError("CONFIG_INVALID", `"--set" expected path=value, for example limits.maxConnections=500, got "${text}"`);
  const leaf = leaves.find(({ path }) => path.join(".") === name);
  if (leaf === undefined)
    throw unknown(
      `"${name}" is not a known setting`,
      name,
      leaves.map(({ path }) => path.join(".")),
    );
  return [leaf.path, leaf.isText ? text.slice(at + 1) : parseYaml(text.slice(at + 1), `--set ${name}`)];
}

/** The value is not quoted: it may be a secret. */
function parseYaml(text: string, label: string): unknown {
  try {
    return parse(text) as unknown;
  } catch (cause) {
    const place = cause instanceof Error ? (/at line \d+, column \d+/.exec(cause.message)?.[0] ?? "") : "";
    throw new CofactorError("CONFIG_INVALID", `${label}: expected YAML${place === "" ? "" : `, and it is none ${place}`}`);
  }
}

function unknown(message: string, name: string, known: readonly string[]): CofactorError {
  const hint = nearest(name, known);
  return new CofactorError("CONFIG_INVALID", `${message}${hint === undefined ? "" : `; did you mean "${hint}"?`}`);
}

/** What stands where a section should is left for the schema to refuse. */
function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let section = target;
  for (const step of path.slice(0, -1)) {
    const next = (section[step] ??= {});
    if (typeof next !== "object" || Array.isArray(next)) return;
    section = next as Record<string, unknown>;
  }
  section[path.at(-1)!] = value;
}
