/** Grids of scenarios: which paths take which values, with which seeds, and how the best is chosen. Imports scenario files, valibot, yaml. */
import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { isNode, LineCounter, parseDocument } from "yaml";
import { CofactorError, isCofactorError } from "../../shared/errors.ts";
import { nearest, parseConfig } from "../../shared/registry.ts";
import type { Scenario } from "../scenario.ts";
import { openScenario } from "../scenario-file.ts";

/** A value of a swept path, as YAML has it. */
export type GridValue = string | number | boolean | null | readonly unknown[] | { readonly [key: string]: unknown };

/** One setting of the grid: a value for each swept path. */
export interface Setting {
  readonly values: Readonly<Record<string, GridValue>>;
  /** A scenario for each seed, in the grid's order of seeds. */
  readonly scenarios: readonly Scenario[];
}

/** How the best setting is chosen: on validation, never on test. */
export interface Choice {
  /** A metric of validation; the first one when left out. */
  readonly metric?: string | undefined;
  /** Paths whose values each get a best setting of their own, say each epsilon. */
  readonly per: readonly string[];
}

/** A grid, resolved. */
export interface Grid {
  /** Swept paths with their values, in the order in which they were written. */
  readonly paths: Readonly<Record<string, readonly GridValue[]>>;
  readonly seeds: readonly number[];
  readonly choose: Choice;
  readonly settings: readonly Setting[];
}

const schema = v.strictObject({
  grid: v.record(v.string(), v.pipe(v.array(v.unknown()), v.minLength(1, "expected a list of at least one value"))),
  seeds: v.optional(v.pipe(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), v.minLength(1, "expected at least one seed"))),
  choose: v.optional(v.strictObject({ metric: v.optional(v.string()), per: v.optional(v.array(v.string()), []) }), {}),
});

/** More cells than these are a slip of the pen. */
const maxCells = 100_000;
/** Figures under different ones of these cannot be compared: a best setting over all of them would mean nothing. */
const apart = ["dataset", "split", "evaluation"];

/**
 * Reads a grid file and resolves every scenario of it, so that a wrong one is found before the first is run.
 *
 * @param path of the grid: YAML with `grid` (path: values), `seeds` and `choose`
 * @param scenario path of the scenario that the grid changes; undefined for the defaults
 * @param overrides as `path=value`, of the scenario
 * @throws CofactorError CONFIG_INVALID naming file, line and column, what was expected and the nearest known key
 */
export async function loadGrid(path: string, scenario: string | undefined, overrides: readonly string[]): Promise<Grid> {
  const source = await readGridFile(path);
  const raw = source.locating("", () => parseConfig(schema, source.value, ""));
  const paths = raw.grid as Readonly<Record<string, readonly GridValue[]>>;
  const names = Object.keys(paths);
  const refuse = (where: string, message: string): never =>
    source.locating(where, () => {
      throw new CofactorError("CONFIG_INVALID", message, { details: { path: where } });
    });
  for (const name of names) {
    if (name.split(".").some((step) => step === "" || step === "__proto__"))
      refuse(`grid.${name}`, `"grid" expected a path such as model.rank, got "${name}"`);
    if (name === "seed" || name === "baselines")
      refuse(`grid.${name}`, `"grid.${name}" is not for a grid: ${name === "seed" ? 'see "seeds"' : "cells have none"}`);
    const values = paths[name]!.map((value) => JSON.stringify(value));
    if (new Set(values).size < values.length) refuse(`grid.${name}`, `"grid.${name}" expected each value once`);
    const inner = names.find((other) => other.startsWith(`${name}.`));
    if (inner !== undefined) refuse(`grid.${name}`, `"grid.${name}" and "grid.${inner}" expected to be apart: one is part of the other`);
  }
  for (const name of raw.choose.per) {
    const hint = nearest(name, names);
    if (!names.includes(name))
      refuse("choose.per", `"choose.per" expected swept paths, got "${name}"${hint === undefined ? "" : `; did you mean "${hint}"?`}`);
  }
  const mixed = names.find((name) => apart.includes(name.split(".")[0]!) && !raw.choose.per.includes(name));
  if (mixed !== undefined) {
    refuse(
      `grid.${mixed}`,
      `"grid.${mixed}" changes what is measured: its figures cannot be compared; name it in "choose.per", for a best setting of each`,
    );
  }
  const resolve = await openScenario(scenario, overrides);
  // What is wrong without the grid is not the grid's fault.
  const base = resolve([]);
  const seeds = raw.seeds ?? [base.seed];
  if (new Set(seeds).size < seeds.length) refuse("seeds", '"seeds" expected each seed once');
  const count = names.reduce((product, name) => product * paths[name]!.length, seeds.length);
  if (count > maxCells) refuse("grid", `"grid" expected at most ${maxCells} cells, got ${count}`);

  const settings = combinations(paths).map((values): Setting => {
    const changes = Object.entries(values).map(([name, value]) => ({ steps: name.split("."), value }));
    const scenarios = seeds.map((seed) =>
      source.locating(names, () => resolve([...changes, { steps: ["seed"], value: seed }, { steps: ["baselines"], value: [] }])),
    );
    return { values, scenarios };
  });
  return { paths, seeds, choose: { metric: raw.choose.metric, per: raw.choose.per }, settings };
}

/** A setting in words: "model.rank=8 model.l2=1"; "as it is" when nothing is swept. */
export function settingName(values: Readonly<Record<string, GridValue>>): string {
  const words = Object.entries(values).map(([path, value]) => `${path}=${valueName(value)}`);
  return words.length === 0 ? "as it is" : words.join(" ");
}

/** A value as `--set` takes it. */
export function valueName(value: GridValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Every combination, the last path changing first. */
function combinations(paths: Readonly<Record<string, readonly GridValue[]>>): Readonly<Record<string, GridValue>>[] {
  let all: Readonly<Record<string, GridValue>>[] = [{}];
  for (const [name, values] of Object.entries(paths)) all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  return all;
}

interface GridSource {
  readonly value: unknown;
  /** Runs; an error of the configuration is told with its place in the file: that of `where`, or of the swept path that it complains of. */
  locating<T>(where: string | readonly string[], work: () => T): T;
}

async function readGridFile(path: string): Promise<GridSource> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new CofactorError("CONFIG_INVALID", `the grid file "${path}" cannot be read`, { cause });
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken !== undefined) throw new CofactorError("CONFIG_INVALID", `${place(broken.pos[0])}: ${broken.message.split(" at line")[0]}`);
  const placeOf = (steps: readonly string[]): string => {
    const node: unknown = document.getIn(steps, true);
    return isNode(node) && node.range ? place(node.range[0]) : steps.length === 0 ? path : placeOf(steps.slice(0, -1));
  };
  /** A path of the grid file as steps: below `grid`, what follows is one key. */
  const stepsOf = (where: string): string[] =>
    where.startsWith("grid.") ? ["grid", where.slice(5)] : where.split(".").filter((step) => step !== "");
  return {
    value: document.toJS() as unknown,
    locating(where, work) {
      try {
        return work();
      } catch (error) {
        if (!isCofactorError(error)) throw error;
        const told = String(error.details["path"] ?? "");
        const swept =
          typeof where === "string"
            ? undefined
            : where.find((name) => told === name || told.startsWith(`${name}.`) || name.startsWith(`${told}.`));
        const steps = typeof where !== "string" ? (swept === undefined ? ["grid"] : ["grid", swept]) : stepsOf(told === "" ? where : told);
        throw new CofactorError(error.code, `${placeOf(steps)}: ${error.message}`, { cause: error, details: error.details });
      }
    },
  };
}
