/** Results of other runs, read from what `--json` wrote, to stand beside a run. Imports the result's types. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as v from "valibot";
import { CofactorError } from "../../shared/errors.ts";
import type { EpsilonByView } from "../../shared/privacy-account.ts";

const figure = v.nullable(v.number());
const figures = v.record(v.string(), figure);
const views = v.looseObject({ server: figure, release: figure });

/** What the comparison reads of a result; a figure may be null: what JSON makes of one that could not be computed. */
export interface ComparedResult {
  readonly scenario: { readonly seed: number };
  readonly dataset: { readonly sha256: string };
  readonly isLeaking: boolean;
  readonly isComplete: boolean;
  readonly rounds: readonly unknown[];
  readonly metrics: { readonly test: Readonly<Record<string, number | null>> };
  readonly privacy: { readonly epsilon: number | null; readonly asRun?: { readonly epsilon: EpsilonByView } | undefined };
  readonly traffic: { readonly upBytesPerClientRound: number; readonly downBytesPerClientRound: number };
}

const schema: v.GenericSchema<unknown, ComparedResult> = v.looseObject({
  scenario: v.looseObject({ seed: v.number() }),
  dataset: v.looseObject({ sha256: v.string() }),
  isLeaking: v.boolean(),
  isComplete: v.boolean(),
  rounds: v.array(v.unknown()),
  metrics: v.looseObject({ test: figures }),
  privacy: v.looseObject({ epsilon: figure, asRun: v.optional(v.looseObject({ epsilon: views })) }),
  traffic: v.looseObject({ upBytesPerClientRound: v.number(), downBytesPerClientRound: v.number() }),
});

/** A result as the comparison sees it. */
export interface ComparedRun {
  /** The file's name, without its folder. */
  readonly name: string;
  readonly result: ComparedResult;
}

/**
 * Reads a result.
 *
 * @throws CofactorError CONFIG_INVALID naming the file, when it cannot be read or is no result of `simulate --json`
 */
export function readComparedRun(path: string): ComparedRun {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `"--compare" expected a JSON file, and "${path}" cannot be read as one`, { cause });
  }
  return toComparedRun(basename(path), value);
}

/** A result as it is in memory, or as it came out of a file. @throws CofactorError CONFIG_INVALID */
export function toComparedRun(name: string, value: unknown): ComparedRun {
  const parsed = v.safeParse(schema, JSON.parse(JSON.stringify(value ?? null)));
  if (parsed.success) return { name, result: parsed.output };
  const { path, message } = parsed.issues[0];
  const where = path?.map(({ key }) => String(key)).join(".") ?? "the whole";
  throw new CofactorError(
    "CONFIG_INVALID",
    `"--compare" expected a result that "simulate --json" wrote; in "${name}", ${where}: ${message}`,
  );
}

/**
 * What decides a run but for its seed, by path: the scenario's values, and the data by its content instead of its place.
 * A split's own seed counts when it is another than the run's.
 */
export function settingsOf({ scenario, dataset }: ComparedResult): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  flatten(scenario, "", settings);
  if (settings.get("split.seed") === settings.get("seed")) settings.delete("split.seed");
  settings.delete("seed");
  settings.delete("dataset.path");
  settings.set("data", dataset.sha256.slice(0, 12));
  return settings;
}

/** Where the second's settings differ from the first's: "model.rank: 8". Of a section of another kind, the kind alone. */
export function differences(first: ReadonlyMap<string, string>, second: ReadonlyMap<string, string>): string[] {
  const paths = [...new Set([...first.keys(), ...second.keys()])].sort().filter((path) => first.get(path) !== second.get(path));
  const replaced = paths.filter((path) => /\.(?:kind|name)$/.test(path)).map((path) => path.slice(0, path.lastIndexOf(".") + 1));
  const isTold = (path: string): boolean =>
    !replaced.some((section) => path.startsWith(section) && !/^(?:kind|name)$/.test(path.slice(section.length)));
  return paths.filter(isTold).map((path) => `${path}: ${second.get(path) ?? "none"}`);
}

function flatten(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    into.set(path, Array.isArray(value) ? JSON.stringify(value) : String(value));
  else for (const [key, inner] of Object.entries(value)) flatten(inner, path === "" ? key : `${path}.${key}`, into);
}
