/** What bundled data makes in seconds: remade by the tests. */
import { fourColumns } from "../columns.ts";
import { type Table, table } from "../table.ts";

const metrics = ["hr@10", "ndcg@10"];

/** Wines and cuisines. */
export const quick: Table = table({
  name: "quick",
  title: "Bundled data, in seconds",
  about: "`npm test` remakes this table.",
  head: "data and model",
  columns: fourColumns,
  rows: [
    { label: "wines, `fcf`, 201 devices, the model of `npm start`", scenario: "wines.yaml", set: ["protection.kind=open"], metrics },
    { label: "wines, `implicit-als`, everyone", scenario: "wines-ranking.yaml", metrics },
    { label: "wines, `fcf`, everyone, epsilon 4 on published models", scenario: "wines-private.yaml", metrics },
    { label: "cuisines, `als`, a fifth of the devices lost in every round", scenario: "quick.yaml", metrics: ["rmse"] },
  ],
  isQuick: true,
});
