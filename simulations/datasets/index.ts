/** The list of data sets and the way from a scenario's section to the data. A new loader is one file and one line here. */
import { CofactorError } from "../../shared/errors.ts";
import { nearest, parseConfig } from "../../shared/registry.ts";

export type { Dataset } from "./dataset.ts";

import { adjacency } from "./adjacency.ts";
import { amazonVideo } from "./amazon-video.ts";
import { csv } from "./csv.ts";
import type { Dataset, DatasetDefinition } from "./dataset.ts";
import { foodWorldCup } from "./food-world-cup.ts";
import { gowalla } from "./gowalla.ts";
import { lastFm2k } from "./lastfm-2k.ts";
import { movieLens1mImplicit } from "./ml-1m-implicit.ts";
import { movieLens100k } from "./ml-100k.ts";
import { movieLensLatest } from "./ml-latest.ts";
import { synthetic } from "./synthetic.ts";
import { xWinesStarter } from "./xwines-starter.ts";

/** Every data set and loader, bundled ones first. */
export const datasets: readonly DatasetDefinition[] = [
  xWinesStarter,
  foodWorldCup,
  movieLens100k,
  movieLensLatest,
  movieLens1mImplicit,
  amazonVideo,
  lastFm2k,
  gowalla,
  csv,
  adjacency,
  synthetic,
];

/** The section `dataset` of a scenario. */
export interface DatasetSection {
  readonly name: string;
  readonly [option: string]: unknown;
}

/**
 * The definition a section names, by name or alias, and its options with defaults. Reads nothing.
 *
 * @throws CofactorError CONFIG_INVALID for an unknown name (naming the nearest), an unknown option or one out of range
 */
export function resolveDataset(section: DatasetSection): {
  readonly definition: DatasetDefinition;
  readonly options: { readonly name: string };
} {
  const definition = datasets.find(({ name, aliases }) => name === section.name || aliases?.includes(section.name));
  if (definition === undefined) {
    const hint = nearest(
      section.name,
      datasets.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]),
    );
    const names = datasets.map(({ name }) => name).join(", ");
    const suffix = hint === undefined ? "" : `; did you mean "${hint}"?`;
    throw new CofactorError("CONFIG_INVALID", `"dataset.name" expected one of ${names}, got "${section.name}"${suffix}`);
  }
  return { definition, options: parseConfig(definition.options, { ...section, name: definition.name }, "dataset") };
}

/**
 * Reads the data that a section names. Relative paths start at the working directory.
 *
 * @throws CofactorError CONFIG_INVALID as `resolveDataset`; DATA_INVALID naming file, line and what was expected
 * @example const wines = await loadDataset({ name: "wines" });
 */
export async function loadDataset(section: DatasetSection): Promise<Dataset> {
  const { definition, options } = resolveDataset(section);
  return await definition.load(options);
}

/** One line of `cofactor datasets`. */
export interface DatasetRow {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  readonly bundled: boolean;
  /** Counted from the data; only where it is bundled. */
  readonly users?: number;
  readonly items?: number;
  readonly ratings?: number;
  readonly licence: string;
  readonly source: string;
  /** What to write into a scenario. */
  readonly usage: string;
}

/** What there is, bundled ones counted. */
export async function listDatasets(): Promise<DatasetRow[]> {
  return await Promise.all(
    datasets.map(async (definition) => {
      const { name, summary, bundled, licence, source, usage } = definition;
      const row: DatasetRow = { name, aliases: definition.aliases ?? [], summary, bundled, licence, source, usage };
      if (!bundled) return row;
      const { matrix } = await loadDataset({ name });
      return { ...row, users: matrix.users, items: matrix.items, ratings: matrix.values.length };
    }),
  );
}

/** How to use data that is not in the list; printed under it. */
export const addingDatasets: string = [
  "Your own file: dataset: { name: csv, path: FILE }; columns by header name or by number from 1, .gz read as it is.",
  "Without ratings: add feedback: implicit. Pairs that repeat: duplicates: last, first, mean, max or error.",
  "A loader of your own: one file in simulations/datasets and one line in its index.ts; test/conformance/dataset.ts proves it.",
].join("\n");
