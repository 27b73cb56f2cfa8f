/** What `npm start` prints: real processes, sockets, encryption, and a client that is killed. */
import { baseline, federated, figureNames } from "../columns.ts";
import { type Table, table } from "../table.ts";

/** Whoever answers before the killed one decides what a round sums: figures differ a little from run to run. */
const tolerance = 0.02;
const metrics = ["hr@10", "ndcg@10"];

/** The live run. */
export const start: Table = table({
  name: "start",
  title: "Real sockets, encrypted",
  about:
    "Paillier 2048, two of three keyholders, every client process its own; one client is killed on the way. 1,499 people are evaluated.",
  head: "run",
  columns: [
    figureNames,
    federated("federated", tolerance),
    baseline("centralised", "centralised"),
    baseline("popularity", "popularity"),
    baseline("canary", "local-only"),
  ],
  rows: [
    {
      label: "wines, `fcf`, rank 4, 8 rounds, 201 devices",
      scenario: "wines.yaml",
      set: ["network.transport=socket"],
      metrics,
    },
  ],
});
