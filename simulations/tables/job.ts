/** One run of a table: which scenario with which overrides and seed, where its data is, and the name under which its result is kept. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { canonicalJson } from "../../shared/terms.ts";
import { packageRoot } from "../package-root.ts";
import type { Scenario } from "../scenario.ts";
import { loadScenario } from "../scenario-file.ts";
import type { Row } from "./table.ts";

/** A run to be made. */
export interface Job {
  /** Arguments of `cofactor`, with the data's real place. */
  readonly args: readonly string[];
  readonly rounds: number;
  /** Names what is run, wherever the data lies and whatever defaults are: SHA-256 of what is written. */
  readonly digest: string;
  /** The data's folder when it is not bundled and not there. */
  readonly missing: string | undefined;
}

/** Where scenarios lie, from the project's root. */
export const scenarioFolder = "simulations/scenarios";

/**
 * The run of a row with one seed.
 *
 * @param data folder that holds a folder for each data set, by the names that scenarios give; undefined where there is none
 * @throws CofactorError CONFIG_INVALID as loadScenario
 */
export async function jobOf(row: Row, seed: number, data: string | undefined): Promise<Job> {
  const file = `${scenarioFolder}/${row.scenario}`;
  const scenario = await loadScenario(join(packageRoot(), file), [...(row.set ?? []), `seed=${seed}`]);
  const place = pathOf(scenario);
  const path = place === undefined ? undefined : join(data ?? "", place);
  const isMissing = path !== undefined && (data === undefined || !(existsSync(path) || existsSync(`${path}.gz`)));
  return {
    args: ["simulate", file, ...setsOf(row, path), "--seed", String(seed)],
    rounds: scenario.rounds,
    digest: createHash("sha256")
      .update(canonicalJson([await writtenIn(file), row.set ?? [], seed]))
      .digest("hex"),
    missing: isMissing ? place : undefined,
  };
}

/** The command of a row as a reader may type it, and the seeds to type. */
export async function commandOf(row: Row): Promise<string> {
  const seeds = row.seeds ?? [1];
  const place = pathOf(await loadScenario(join(packageRoot(), scenarioFolder, row.scenario), row.set ?? []));
  const sets = setsOf(row, place === undefined ? undefined : `DIR/${place}`).map((word) => (/[\s{}[\]*]/.test(word) ? `'${word}'` : word));
  const words = ["npx cofactor simulate", `${scenarioFolder}/${row.scenario}`, ...sets, "--seed", String(seeds[0])];
  return `\`${words.join(" ")}\`${seeds.length === 1 ? "" : ` (seeds ${seeds.join(", ")})`}`;
}

function setsOf(row: Row, path: string | undefined): string[] {
  return [...(path === undefined ? [] : [`dataset.path=${path}`]), ...(row.set ?? [])].flatMap((override) => ["--set", override]);
}

/** A scenario file's content without its comments. */
async function writtenIn(file: string): Promise<unknown> {
  return parse(await readFile(join(packageRoot(), file), "utf8")) as unknown;
}

/** The place of data that is not bundled, from the folder of all data. */
function pathOf({ dataset }: Scenario): string | undefined {
  return typeof dataset["path"] === "string" ? dataset["path"] : undefined;
}
