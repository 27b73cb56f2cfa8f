/** What a table of figures is: its rows are runs of committed scenarios, its cells are read from their results. Imports types. */
import type { Result } from "../result.ts";

/** A row: one scenario, run once for each seed. */
export interface Row {
  /** First cell; no two rows of a table have the same. */
  readonly label: string;
  /** A file of simulations/scenarios. */
  readonly scenario: string;
  /** Overrides, as `--set` takes them. */
  readonly set?: readonly string[];
  /** One run each; cells show the mean and the distance of the furthest. Default [1]. */
  readonly seeds?: readonly number[];
  /** The metrics of quality columns, in the order in which a cell shows them. */
  readonly metrics?: readonly string[];
  /** Cells that are no figure of a run, by the title of their column. */
  readonly facts?: Readonly<Record<string, string>>;
}

/** A column behind the label. */
export interface Column {
  readonly title: string;
  /** Overrides beside the row's, for a column with a run of its own. All columns without share one. */
  readonly set?: readonly string[];
  /** The cell's figures in one run, in the order in which it shows them; undefined for a dash. A text is not compared over seeds. */
  read(result: Result, row: Row): readonly (number | undefined)[] | string;
  /** A figure as it is printed. */
  print(figure: number): string;
  /** How far a remade figure may lie from the printed one: 0 for what must be equal to the last digit, Infinity for times. */
  readonly tolerance: number;
}

/** A table, between markers of a page. */
export interface Table {
  readonly name: string;
  readonly title: string;
  /** What a reader must know, under the title; may be empty. */
  readonly about: string;
  /** Title of the label column. */
  readonly head: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** The page, from the project's root. */
  readonly page: string;
  /** Whether it is remade in seconds from bundled data: such tables are part of the tests. */
  readonly isQuick: boolean;
  /** Whether protocol, data and command of every row stand under the table. */
  readonly hasSources: boolean;
}

/** The page that tables stand in, unless they say another. */
export const resultsPage = "simulations/scenarios/README.md";

/** A table with the usual page, and sources under it. */
export function table(
  written: Omit<Table, "page" | "isQuick" | "hasSources"> & Partial<Pick<Table, "page" | "isQuick" | "hasSources">>,
): Table {
  return { page: resultsPage, isQuick: false, hasSources: true, ...written };
}
