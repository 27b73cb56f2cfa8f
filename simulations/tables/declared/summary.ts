/** The rows that the project's own page shows: runs of the other tables, not run twice. */
import { fourColumns } from "../columns.ts";
import { type Row, type Table, table } from "../table.ts";
import { movieLensRankings, rankings } from "./rankings.ts";
import { ratings } from "./ratings.ts";
import { start } from "./start.ts";

/** A row under a name that says which table it comes from. */
function taken(from: Table, label: string, name: string): Row {
  const row = from.rows.find((candidate) => candidate.label === label);
  if (row === undefined) throw new Error(`the table "${from.name}" has no row "${label}"`);
  return { ...row, label: name };
}

/** The first table of "Measured". */
export const summary: Table = table({
  name: "summary",
  title: "What is learned without showing anything",
  about: "",
  head: "data, protocol, model",
  columns: fourColumns,
  rows: [
    taken(start, start.rows[0]!.label, "wines (bundled), all candidates: `npm start`, encrypted, over sockets"),
    taken(ratings, "`als`", "MovieLens 100K, fold 1: `als`"),
    taken(ratings, "`fed-mf` with implicit feedback, as SVD++", "the same: `fed-mf` with implicit feedback"),
    taken(movieLensRankings, "`fcf`, honest", "MovieLens 100K, 99 negatives: `fcf`"),
    taken(movieLensRankings, "`fcf`, paper-compat, LEAKING", "the same in `paper-compat`, LEAKING"),
    ...["Amazon-Video", "Last.fm 2K, artists listened", "MovieLens 1M", "Gowalla"].map((name) => {
      const row = rankings.rows.find(({ label }) => label.startsWith(name))!;
      return taken(rankings, row.label, `${row.label}, all candidates: \`fcf\``);
    }),
  ],
  page: "README.md",
  hasSources: false,
});
