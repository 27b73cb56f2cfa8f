/** Rules under attack: a row for each rule, a column for each attack, every cell a run of its own. */
import { printShare } from "../columns.ts";
import { type Column, type Row, type Table, table } from "../table.ts";

/** HR@10 on test, of honest people, while a fifth of the devices play a part. */
function under(title: string, part: string): Column {
  return {
    title,
    set: [`adversaries=[{kind: ${part}, fraction: 0.2}]`],
    read: ({ metrics }) => [metrics.test["hr@10"]],
    print: printShare,
    tolerance: 0,
  };
}

const control = under("no attack", "control");
const flipTen = under("sign flip, 10 times", "sign-flip, gain: 10");
const product = under("inner product, 10 times", "inner-product, epsilon: 10");
const about =
  "HR@10 on test. A fifth of the devices attacks, drawn by the seed, the same in every column; its people are in no figure. Where nothing " +
  "else is said, open and single devices: a cohort is as many groups of one. Colluders know their own vectors alone.";

/** Bundled data. */
export const attacksQuick: Table = table({
  name: "attacks-quick",
  title: "Rules under attack: wines, in seconds",
  about: `${about} \`npm test\` remakes this table.`,
  head: "rule",
  columns: [control, flipTen, product],
  rows: ["sum", "similarity"].map((rule) => ({
    label: `\`${rule}\``,
    scenario: "wines-attacked.yaml",
    set: [`aggregation.kind=${rule}`],
    metrics: ["hr@10"],
  })),
  isQuick: true,
});

const rules = ["sum", "similarity", "norm-bound", "geometric-median"];
const row = (label: string, set: readonly string[]): Row => ({
  label,
  scenario: "movielens-100k-attacked.yaml",
  set,
  seeds: [1, 2, 3],
  metrics: ["hr@10"],
});

const masked = ["protection.kind=masks", "cohort={size: 100, min: 3, groups: 33}"];

/** MovieLens 100K, three seeds. */
export const attacks: Table = table({
  name: "attacks",
  title: "Rules under attack: MovieLens 100K, 99 sampled negatives",
  about: `${about} Mean of the seeds and the distance of the furthest. \`a-little-is-enough\` by the paper's formula: z = .29 at 20 of 100 devices.`,
  head: "rule",
  columns: [control, flipTen, under("a little is enough", "a-little-is-enough"), product],
  rows: [
    ...rules.map((rule) => row(`\`${rule}\``, [`aggregation.kind=${rule}`])),
    { ...row("`masks`, 33 groups of 3 or 4: `similarity` (seed 1)", masked), seeds: [1] },
  ],
});
