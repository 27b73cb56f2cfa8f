/** Rankings on published data sets, and what their published protocols do to a figure. */
import { baseline, federated, federatedBy, figureNames, fourColumns, peakMegabytes } from "../columns.ts";
import { type Table, table } from "../table.ts";

const leaving = ["hr@10", "ndcg@10"];

/** Four data sets, `fcf`, everyone in every round. */
export const rankings: Table = table({
  name: "rankings",
  title: "Rankings: `fcf` on data that is not bundled",
  about:
    "Everyone takes part in every round, nothing is protected. All candidates, honest. Settings were chosen on validation, among at most a dozen; " +
    "the figures are on test. The canary is each device alone, for 150 people; memory with two threads.",
  head: "data",
  columns: [...fourColumns, peakMegabytes],
  rows: [
    { label: "Amazon-Video, 8,072 people with 5 or more ratings", scenario: "amazon-video.yaml", metrics: leaving },
    { label: "Last.fm 2K, artists tagged, 1,600 people with 5 or more tags", scenario: "lastfm-2k.yaml", metrics: leaving },
    {
      label: "Last.fm 2K, artists listened to, 1,877 people with 5 or more",
      scenario: "lastfm-2k-listened.yaml",
      metrics: leaving,
    },
    { label: "MovieLens 1M as choices, 6,039 people", scenario: "ml-1m-implicit.yaml", metrics: ["recall@20", "ndcg@20"] },
    { label: "Gowalla, 29,858 people, 40,981 places", scenario: "gowalla.yaml", metrics: ["recall@20", "ndcg@20"] },
  ],
});

/** MovieLens 100K, the table of the papers: honest, and the same run as published codes do it. */
export const movieLensRankings: Table = table({
  name: "movielens",
  title: "MovieLens 100K, leave-one-out, 99 sampled negatives, and the full ranking beside it",
  about:
    "Five draws of negatives (`paper-compat`: one). **`paper-compat` leaks**: training negatives leave out the held-out items, so that a model " +
    "that never communicates scores well too where a model learns from negatives; these two draw none, so little of it shows here: see the personal " +
    "models below.",
  head: "`fcf`, rank 32, 50 rounds; `implicit-als`, defaults",
  columns: [...fourColumns, federatedBy("full ranking HR@10 / NDCG@10", ["all/hr@10", "all/ndcg@10"])],
  rows: [
    { label: "`fcf`, honest", scenario: "movielens-100k-fcf.yaml", metrics: leaving },
    {
      label: "`fcf`, paper-compat, LEAKING",
      scenario: "movielens-100k-fcf.yaml",
      set: ["evaluation.negatives=paper-compat"],
      metrics: leaving,
    },
    {
      label: "`implicit-als`, honest",
      scenario: "movielens-100k.yaml",
      set: ["evaluation.candidates=sampled-99"],
      metrics: leaving,
    },
  ],
});

/** Models with a personal part as published, and what is left of them when nothing leaks. */
export const personal: Table = table({
  name: "personal",
  title: "Personal models on MovieLens 100K, as published and honest",
  about:
    "99 sampled negatives, 100 rounds, the authors' settings. Published: PFedRec .716 / .434, FedRAP .989 / .892. **`paper-compat` leaks**; what a " +
    "personal part is worth is the honest figure beside that of the same model without it. The canary is each device alone, for 150 people: under " +
    "`paper-compat` trained as long as the leak takes to be learned. It stands where it leaks too: that is what it is for.",
  head: "model and protocol",
  columns: [figureNames, federated(), baseline("popularity", "popularity"), baseline("canary", "local-only")],
  rows: [
    { label: "`pfedrec`, paper-compat, LEAKING", scenario: "pfedrec-paper.yaml", metrics: leaving },
    { label: "`pfedrec`, honest", scenario: "pfedrec-paper.yaml", set: ["evaluation.negatives=honest"], metrics: leaving },
    {
      label: "`pfedrec`, honest, without the personal table",
      scenario: "pfedrec-paper.yaml",
      set: ["evaluation.negatives=honest", "model.table=shared"],
      metrics: leaving,
    },
    { label: "`fedrap`, paper-compat, LEAKING", scenario: "fedrap-paper.yaml", metrics: leaving },
    { label: "`fedrap`, honest", scenario: "fedrap-paper.yaml", set: ["evaluation.negatives=honest"], metrics: leaving },
    {
      label: "`fedrap`, honest, without the personal table",
      scenario: "fedrap-paper.yaml",
      set: ["evaluation.negatives=honest", "model.personal=none"],
      metrics: leaving,
    },
  ],
});
