/** Collective action: exposure by the collective's size, beside what the paper predicts. */
import type { AttackSuccess } from "../../attack-figures.ts";
import { printShare } from "../columns.ts";
import { type Column, type Table, table } from "../table.ts";

/** A figure of the first part's success. */
function success(title: string, read: (success: AttackSuccess) => number | undefined, set?: readonly string[]): Column {
  return {
    title,
    ...(set === undefined ? {} : { set }),
    read: ({ adversaries }) => {
      const first = adversaries?.[0]?.success;
      return [first === undefined ? undefined : read(first)];
    },
    print: printShare,
    tolerance: 0,
  };
}

const bounded = ["aggregation.kind=norm-bound", "cohort={fraction: 1, groups: 1499}"];

/** Bundled data, three seeds. */
export const collective: Table = table({
  name: "collective",
  title: "Collective action on wines: exposure by size",
  about:
    "ER@10: of the honest people who have not rated the target, the share that has it among its first ten; with signal: once they carry the signal. Target and " +
    "signal are drawn by the seed. Predicted: the least success of one recommendation by a learner that is the best classifier (epsilon 0), " +
    "1 - (1 - a) / a x delta x xi; a factorization of rank 4 is no such learner, and stays below it. Mean of the seeds and the distance of the furthest.",
  head: "share of the people",
  columns: [
    success("ER@10", (figures) => figures["er@10"]),
    success("ER@10 with signal", (figures) => figures["er@10 with signal"]),
    success("predicted", ({ predicted }) => predicted?.["bound"]),
    success("with signal, `norm-bound` over single devices", (figures) => figures["er@10 with signal"], bounded),
    { title: "HR@10", read: ({ metrics }) => [metrics.test["hr@10"]], print: printShare, tolerance: 0 },
  ],
  rows: [0.01, 0.05, 0.1, 0.2].map((share) => ({
    label: `${100 * share} %`,
    scenario: "wines-collective.yaml",
    set: [`adversaries=[{kind: collective, signalItems: 1, fraction: ${share}}]`],
    seeds: [1, 2, 3],
    metrics: ["hr@10"],
  })),
});
