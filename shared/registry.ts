/**
 * How replaceable parts are named and chosen: a definition per part, a list per folder, one way to resolve `{kind, ...}`.
 * Imports errors.ts and valibot.
 */
import * as v from "valibot";
import { CofactorError } from "./errors.ts";

/** A replaceable part: its name, its options with defaults, where it comes from. Extended by each seam with `create`. */
export interface Definition<Options extends { kind: string }> {
  readonly kind: string;
  /** One sentence for `--help` and the documents. */
  readonly summary: string;
  /** The paper or specification, as text with a link. */
  readonly source: string;
  /** Schema of the section `{kind, ...}`; strict, with a default for every option. */
  readonly options: v.GenericSchema<unknown, Options>;
}

/**
 * Finds the definition that a section's `kind` names and fills in the section's defaults.
 *
 * @throws CofactorError CONFIG_INVALID for an unknown kind (naming the nearest known one) or an option out of range
 */
export function resolveSection<D extends Definition<{ kind: string }>>(
  definitions: readonly D[],
  section: { readonly kind: string; readonly [option: string]: unknown },
  label: string,
): { readonly definition: D; readonly options: v.InferOutput<D["options"]> } {
  const definition = definitions.find((candidate) => candidate.kind === section.kind);
  if (definition === undefined) {
    const kinds = definitions.map((candidate) => candidate.kind);
    const hint = nearest(section.kind, kinds);
    throw new CofactorError(
      "CONFIG_INVALID",
      `"${label}.kind" expected one of ${kinds.join(", ")}, got "${section.kind}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
      { details: { path: `${label}.kind` } },
    );
  }
  return { definition, options: parseConfig(definition.options, section, label) };
}

/**
 * Parses configuration written by a person.
 *
 * @throws CofactorError CONFIG_INVALID with the path (also as `details.path`), what was expected and, for an unknown key, the
 * nearest known one
 */
export function parseConfig<Schema extends v.GenericSchema>(schema: Schema, input: unknown, label: string): v.InferOutput<Schema> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const path = [label, ...(issue.path ?? []).map((step) => String(step.key))].filter((part) => part !== "").join(".");
  const key = issue.path?.at(-1)?.key;
  if (issue.type === "strict_object" && issue.expected === "never" && typeof key === "string") {
    const known = Object.keys((issue as { requirement?: object }).requirement ?? entriesOf(schema, issue.path));
    const hint = nearest(key, known);
    const suffix = hint === undefined ? (known.length === 0 ? "" : `; known keys: ${known.join(", ")}`) : `; did you mean "${hint}"?`;
    throw new CofactorError("CONFIG_INVALID", `"${path}" is not a known key${suffix}`, { details: { path } });
  }
  throw new CofactorError("CONFIG_INVALID", `"${path}": ${issue.message}`, { details: { path } });
}

/** The candidate with the smallest edit distance, when it is close enough to be a likely typing slip. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance with two rows. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}

/** The keys of the object schema at an issue's parent path, as far as plain nested objects reach. */
function entriesOf(schema: v.GenericSchema, path: readonly { readonly key?: unknown }[] | undefined): object {
  let current: unknown = schema;
  for (const step of (path ?? []).slice(0, -1)) {
    const entries = objectEntries(current);
    current = entries?.[String(step.key)];
  }
  return objectEntries(current) ?? {};
}

/** The keys that an object schema knows; of a choice between several, the keys of all. */
function objectEntries(schema: unknown): Record<string, unknown> | undefined {
  let current = schema as SchemaNode | undefined;
  while (current !== undefined && current.entries === undefined && (current.wrapped !== undefined || current.pipe !== undefined)) {
    current = (current.wrapped ?? current.pipe?.[0]) as SchemaNode | undefined;
  }
  if (current?.entries !== undefined || !Array.isArray(current?.options)) return current?.entries;
  return Object.assign({}, ...current.options.map((option: unknown) => objectEntries(option) ?? {})) as Record<string, unknown>;
}

/** The parts of valibot's schemas that lead to an object's keys. */
interface SchemaNode {
  readonly entries?: Record<string, unknown>;
  readonly wrapped?: unknown;
  readonly pipe?: readonly unknown[];
  readonly options?: unknown;
}

/** Loaders of definitions by kind, in the order in which they are listed: code is fetched when terms name it. */
export type Loaders<D> = Readonly<Record<string, () => Promise<D>>>;

/** The definition of a known `kind` alone; all of them otherwise, for whoever lists them or names the nearest. */
export async function loadDefinitions<D>(loaders: Loaders<D>, kind?: string): Promise<readonly D[]> {
  const one = kind !== undefined && Object.hasOwn(loaders, kind) ? loaders[kind] : undefined;
  return one === undefined ? Promise.all(Object.values(loaders).map((load) => load())) : [await one()];
}
