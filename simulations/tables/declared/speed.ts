/** How long a round takes, and the memory of the process. */
import { federatedBy, peakMegabytes, secondsPerRound, secondsPerRoundInAll } from "../columns.ts";
import { type Table, table } from "../table.ts";

const evaluated = ["evaluation.candidates=all", "evaluation.negatives=honest", "baselines=[]"];

/** Everyone of MovieLens 100K in every round, one thread. */
export const speed: Table = table({
  name: "speed",
  title: "Speed: 943 devices, 1,682 items, one thread",
  about:
    "MovieLens 100K, everyone in every round. Medians of a run on two shared cores, Node 24.21; no figure of this table is checked but the model's. " +
    "In all: the whole run by its rounds, the full ranking of everyone on validation after every round and on test in the end counted.",
  head: "run",
  columns: [federatedBy("HR@10", ["hr@10"]), secondsPerRound, secondsPerRoundInAll, peakMegabytes],
  rows: [
    { label: "`fcf`, rank 32", scenario: "movielens-100k-fcf.yaml", set: [...evaluated, "evaluation.every=1", "rounds=10"] },
    {
      label: "`pfedrec`, personal tables, one local epoch",
      scenario: "pfedrec-paper.yaml",
      set: [...evaluated, "evaluation.every=1", "rounds=10"],
    },
    {
      label: "`fedrap`, the authors' ten local epochs",
      scenario: "fedrap-paper.yaml",
      set: [...evaluated, "evaluation.every=1", "rounds=10"],
    },
  ],
});
