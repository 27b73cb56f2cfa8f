/** A scenario: everything that decides a simulation, with defaults, from YAML and `--set`. Imports the seams' schemas, yaml. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { LineCounter, parse, parseDocument } from "yaml";
import { CofactorError } from "../shared/errors.ts";
import { models } from "../shared/models/index.ts";
import { protections } from "../shared/protections/index.ts";
import { nearest, parseConfig, resolveSection } from "../shared/registry.ts";
import { rules } from "../shared/rules/index.ts";
import type { Section } from "../shared/terms.ts";
import { baselines } from "./baselines/index.ts";
import { type DatasetSection, resolveDataset } from "./datasets/index.ts";
import { type EvaluationOptions, evaluationOptions } from "./evaluation-options.ts";
import { type SplitOptions, splitOptions } from "./split.ts";

/** A resolved scenario. */
export interface Scenario {
  readonly dataset: DatasetSection;
  readonly split: SplitOptions;
  readonly model: Section;
  /** By default what the model's definition asks for. */
  readonly rounds: number;
  /** How many of the data's people have a device that takes part; by default all. Everyone is evaluated. */
  readonly participants?: number | undefined;
  /** Devices asked in a round: a number, or a share of those that take part. */
  readonly cohort: { readonly size?: number | undefined; readonly fraction: number; readonly min: number };
  readonly protection: Section;
  readonly aggregation: Section;
  readonly range?: { readonly maxAbs: number; readonly fractionBits: number } | undefined;
  readonly precision: "float32" | "float64";
  readonly network: NetworkOptions;
  readonly evaluation: EvaluationOptions;
  readonly baselines: readonly string[];
  readonly seed: number;
}

/** How devices and aggregator reach each other. */
export interface NetworkOptions {
  /** "memory": simulated, with a virtual clock; "socket": real processes over loopback. */
  readonly transport: "memory" | "socket";
  /** Chance that a device asked in a round never answers. */
  readonly dropout: number;
  /** Mean of a device's answering time, exponentially distributed, virtual. */
  readonly latencyMs: number;
  /** How long a stage waits. */
  readonly deadlineMs: number;
}

const section = (kind: string) => v.optional(v.looseObject({ kind: v.optional(v.string(), kind) }), { kind });
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const schema = v.strictObject({
  dataset: v.optional(v.looseObject({ name: v.optional(v.string(), "xwines-starter") }), { name: "xwines-starter" }),
  split: section("leave-one-out"),
  model: section("fcf"),
  rounds: v.optional(count),
  participants: v.optional(count),
  cohort: v.optional(v.strictObject({ size: v.optional(count), fraction: v.optional(share, 1), min: v.optional(count, 2) }), {}),
  protection: section("open"),
  aggregation: section("sum"),
  range: v.optional(v.strictObject({ maxAbs: v.number(), fractionBits: v.number() })),
  precision: v.optional(v.picklist(["float32", "float64"]), "float64"),
  network: v.optional(
    v.strictObject({
      transport: v.optional(v.picklist(["memory", "socket"]), "memory"),
      dropout: v.optional(share, 0),
      latencyMs: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
      deadlineMs: v.optional(v.pipe(v.number(), v.minValue(1)), 60_000),
    }),
    {},
  ),
  evaluation: v.optional(v.looseObject({}), {}),
  baselines: v.optional(v.array(v.string()), ["popularity", "centralised", "local-only"]),
  seed: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 1),
});

/**
 * Fills in a scenario's defaults and checks every section by its own seam.
 * @throws CofactorError CONFIG_INVALID with the path, what was expected, and the nearest known word
 */
export function parseScenario(input: unknown): Scenario {
  const raw = parseConfig(schema, input ?? {}, "");
  const { definition, options } = resolveDataset(raw.dataset);
  const model = resolveSection(models, raw.model, "model");
  for (const name of raw.baselines) {
    if (baselines.some((baseline) => baseline.name === name)) continue;
    const hint = nearest(
      name,
      baselines.map((baseline) => baseline.name),
    );
    throw new CofactorError(
      "CONFIG_INVALID",
      `"baselines" expected ${baselines.map((baseline) => baseline.name).join(", ")}, got "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`,
    );
  }
  return {
    ...raw,
    dataset: { ...options, name: definition.name },
    split: parseConfig(splitOptions, { seed: raw.seed, ...raw.split }, "split"),
    model: { ...model.options },
    rounds: raw.rounds ?? model.definition.rounds,
    protection: { ...resolveSection(protections, raw.protection, "protection").options },
    aggregation: { ...resolveSection(rules, raw.aggregation, "aggregation").options },
    evaluation: parseConfig(evaluationOptions, raw.evaluation, "evaluation"),
  };
}

/**
 * Reads a scenario file, applies `path=value` overrides and resolves it.
 * @param path undefined for the defaults alone
 * @throws CofactorError CONFIG_INVALID naming file, line and column, or the override
 */
export async function loadScenario(path: string | undefined, overrides: readonly string[] = []): Promise<Scenario> {
  const input = path === undefined ? {} : await readYaml(path);
  for (const override of overrides) applyOverride(input, override);
  return parseScenario(input);
}

async function readYaml(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `the scenario file "${path}" cannot be read`, { cause });
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new CofactorError("CONFIG_INVALID", `${path}:${line}:${col}: ${error.message.split("\n")[0]}`);
  }
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new CofactorError("CONFIG_INVALID", `${path}: expected keys and values`);
  return value as Record<string, unknown>;
}

/** Sets a nested value; the text behind "=" is read as YAML, so that numbers, lists and booleans are what they look like. */
export function applyOverride(target: Record<string, unknown>, override: string): void {
  const at = override.indexOf("=");
  const path = override.slice(0, at).split(".");
  if (at < 1 || path.some((step) => step === "" || step === "__proto__"))
    throw new CofactorError("CONFIG_INVALID", `"--set" expected path=value, got "${override}"`);
  let value: unknown;
  try {
    value = parse(override.slice(at + 1));
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `"--set ${path.join(".")}" expected a YAML value`, { cause });
  }
  let current = target;
  for (const step of path.slice(0, -1)) {
    const next = current[step];
    if (typeof next === "object" && next !== null && !Array.isArray(next)) current = next as Record<string, unknown>;
    else current = current[step] = {};
  }
  const last = path.at(-1)!;
  // Another kind or data set has other options: those of the file do not go with it.
  if ((last === "kind" || last === "name") && current[last] !== undefined && current[last] !== value)
    for (const key of Object.keys(current)) delete current[key];
  current[last] = value;
}
