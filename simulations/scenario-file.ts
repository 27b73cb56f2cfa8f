/** Scenarios from YAML files and `path=value` overrides; errors name the line, or the override. Imports scenario, yaml. */
import { readFile } from "node:fs/promises";
import { type Document, isNode, LineCounter, parseDocument, parse as parseYaml } from "yaml";
import { CofactorError, isCofactorError } from "../shared/errors.ts";
import { parseScenario, type Scenario } from "./scenario.ts";

/** A scenario file, read but not resolved. */
interface ScenarioFile {
  readonly path: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/**
 * Reads a scenario file, applies `path=value` overrides and resolves it.
 *
 * @param path undefined for the defaults alone
 * @throws CofactorError CONFIG_INVALID naming file, line and column, or the override, and the nearest known word
 */
export async function loadScenario(path: string | undefined, overrides: readonly string[] = []): Promise<Scenario> {
  return (await openScenario(path, overrides))([]);
}

/**
 * Reads any configuration file with overrides and resolves it with `parse`.
 * @throws CofactorError CONFIG_INVALID as `loadScenario`, and what `parse` throws, with the place where it was written
 */
export async function loadConfig<T>(path: string | undefined, overrides: readonly string[], parse: (input: unknown) => T): Promise<T> {
  return (await openConfig(path, overrides, parse))([]);
}

/** A value at a path of a scenario. */
export interface Override {
  readonly steps: readonly string[];
  readonly value: unknown;
}

/**
 * Reads a scenario file and its overrides; what comes back resolves it with further ones, which count as written last.
 *
 * @throws CofactorError CONFIG_INVALID as `loadScenario`, here and when it resolves
 */
export async function openScenario(
  path: string | undefined,
  overrides: readonly string[] = [],
): Promise<(further: readonly Override[]) => Scenario> {
  return openConfig(path, overrides, parseScenario);
}

async function openConfig<T>(
  path: string | undefined,
  overrides: readonly string[],
  parse: (input: unknown) => T,
): Promise<(further: readonly Override[]) => T> {
  const file = path === undefined ? undefined : await readScenarioFile(path);
  const parsed = overrides.map(parseOverride);
  // Another kind or data set drops the file's options for it, but never another override's.
  const isChoice = ({ steps }: Override): boolean => steps.at(-1) === "kind" || steps.at(-1) === "name";
  return (further) => {
    const input = file === undefined ? {} : toObject(file);
    const all = [...parsed, ...further];
    for (const override of [...all.filter(isChoice), ...all.filter((override) => !isChoice(override))]) apply(input, override);
    try {
      return parse(input);
    } catch (error) {
      throw located(error, file, parsed);
    }
  };
}

/** Applies one override to a scenario that is not resolved yet; the text behind "=" is read as YAML. */
export function applyOverride(target: Record<string, unknown>, override: string): void {
  apply(target, parseOverride(override));
}

/** @throws CofactorError CONFIG_INVALID */
function parseOverride(text: string): Override {
  const at = text.indexOf("=");
  const steps = text.slice(0, Math.max(0, at)).split(".");
  if (steps.some((step) => step === "" || step === "__proto__")) {
    throw new CofactorError("CONFIG_INVALID", `"--set" expected path=value, for example model.rank=16, got "${text}"`);
  }
  try {
    return { steps, value: parseYaml(text.slice(at + 1)) as unknown };
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `"--set ${steps.join(".")}" expected a YAML value`, { cause });
  }
}

function apply(target: Record<string, unknown>, { steps, value }: Override): void {
  let current = target;
  for (const step of steps.slice(0, -1)) {
    const next = Object.hasOwn(current, step) ? current[step] : undefined;
    if (typeof next === "object" && next !== null && !Array.isArray(next)) current = next as Record<string, unknown>;
    else current = current[step] = {};
  }
  const last = steps.at(-1)!;
  // Another kind or data set has other options: those of the file do not go with it.
  const isChoice = last === "kind" || last === "name";
  if (isChoice && steps.length > 1 && current[last] !== undefined && current[last] !== value) {
    for (const key of Object.keys(current)) delete current[key];
  }
  current[last] = value;
}

async function readScenarioFile(path: string): Promise<ScenarioFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `the scenario file "${path}" cannot be read`, { cause });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const error = document.errors[0];
  if (error !== undefined)
    throw new CofactorError("CONFIG_INVALID", `${place(path, lines, error.pos[0])}: ${error.message.split(" at line")[0]}`);
  return { path, document, lines };
}

function toObject({ path, document }: ScenarioFile): Record<string, unknown> {
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new CofactorError("CONFIG_INVALID", `${path}:1:1: expected keys and values`);
  return value as Record<string, unknown>;
}

/** An error of the configuration with the place where what it complains of was written. */
function located(error: unknown, file: ScenarioFile | undefined, overrides: readonly Override[]): unknown {
  const path = isCofactorError(error) ? error.details["path"] : undefined;
  if (!isCofactorError(error) || typeof path !== "string") return error;
  const rename = (where: string): CofactorError =>
    new CofactorError(error.code, `${where}: ${error.message}`, { cause: error, details: error.details });
  const override = overrides.findLast(({ steps }) => steps.join(".") === path);
  if (override !== undefined) return rename(`--set ${path}`);
  if (file === undefined) return error;
  for (let steps = path.split("."); steps.length > 0; steps = steps.slice(0, -1)) {
    const node = file.document.getIn(steps, true);
    if (isNode(node) && node.range) return rename(place(file.path, file.lines, node.range[0]));
  }
  return error;
}

function place(path: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${path}:${line}:${col}`;
}
