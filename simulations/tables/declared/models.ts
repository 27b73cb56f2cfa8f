/** Models of other kinds, beside what they are compared with. */
import { fourColumns } from "../columns.ts";
import { type Row, type Table, table } from "../table.ts";

const seeds = [1, 2, 3];
const metrics = ["hr@10", "ndcg@10"];

const wines = (label: string, scenario: string, set: readonly string[] = []): Row => ({
  label: `wines: ${label}`,
  scenario,
  set,
  seeds,
  metrics,
});

/** Bundled data, three seeds. */
export const otherModels: Table = table({
  name: "models",
  title: "Other models on bundled data",
  about:
    "Mean of the seeds and the distance of the furthest. All candidates, honest. The scenarios' heads say how settings were chosen, and compare more.",
  head: "model",
  columns: fourColumns,
  rows: [
    wines("`fed-recon`, every choice left out in turn", "wines-fed-recon.yaml"),
    wines("`fed-recon`, none left out", "wines-fed-recon.yaml", ["model.query=all"]),
    wines("`clustered`, 4 groups", "wines-clustered.yaml"),
    wines("`clustered`, without groups", "wines-clustered.yaml", ["model.groups=1"]),
    wines("`fed-pub`, 2 groups", "wines-fed-pub.yaml"),
    wines("`fed-pub`, without groups", "wines-fed-pub.yaml", ["model.groups=1"]),
    { label: "cuisines: `nbmf`, codes of 8 bits", scenario: "food-world-cup-codes.yaml", seeds, metrics: ["rmse"] },
  ],
});
