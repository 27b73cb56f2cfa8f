/** Ratings on MovieLens 100K. */
import { fourColumns } from "../columns.ts";
import { type Table, table } from "../table.ts";

const fold = ["split.kind=given", "split.fold=1"];
const metrics = ["rmse"];

/** The official fold that published tables use. */
export const ratings: Table = table({
  name: "ratings",
  title: "Ratings: MovieLens 100K, official fold 1",
  about: "Settings of `fed-mf` were chosen on a tenth of the training side; `als` has its defaults.",
  head: "model",
  columns: fourColumns,
  rows: [
    { label: "`als`", scenario: "movielens-100k.yaml", set: [...fold, "model.kind=als"], metrics },
    { label: "`fed-mf`", scenario: "movielens-100k-ratings.yaml", set: ["model.implicitFeedback=false"], metrics },
    { label: "`fed-mf` with implicit feedback, as SVD++", scenario: "movielens-100k-ratings.yaml", metrics },
    { label: "`graph-nmf`, 20 neighbors by genres and years", scenario: "movielens-100k-graph-nmf.yaml", metrics },
  ],
});
