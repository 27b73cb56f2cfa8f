/** The table of published figures beside ours, as a document. Imports the cases. */
import { type Figure, type VectorCase, writeExpected, writeOurs, writeTolerance } from "./case.ts";
import { accountingCases } from "./cases-accounting.ts";
import { matrixCases } from "./cases-matrix.ts";
import { noiseCases } from "./cases-noise.ts";

/** Every figure, by chapter. */
export const chapters: readonly { readonly title: string; readonly cases: readonly VectorCase[] }[] = [
  { title: "Matrix mechanism", cases: matrixCases },
  { title: "Accounting", cases: accountingCases },
  { title: "Samplers, clipping, distributed and local noise", cases: noiseCases },
];

const preface = `# Published figures beside ours

Every row is a figure of differential privacy that somebody else stated or computed, and what this project's code says. The figures are in
the JSON files of this folder with their provenance; \`table.test.ts\` computes ours, holds each to its tolerance, and compares this page with
what it found. \`node test/vectors/privacy/write-table.ts\` writes the page anew.

How a figure is known: *asserted*, stated in the tests of the project named in the file; *library*, computed with that project; *recomputed*,
computed from the papers' equations with numpy and mpmath, independently of both. Projects: jax_privacy 2.2 for the matrix mechanism;
dp_accounting 0.6.0, Opacus 1.6 and TensorFlow Privacy for accounting; mf_dpftrl_matrices and distributed_dp of google-research/federated.

Ours is written in the digits of its tolerance. "At most": the published figure is a bound or of a looser analysis, and less is better.

Not in the table, since there is nothing of ours to compare: the epsilon of the central limit theorem (V31, 6.599821), which is below the
true one and therefore offered by no accountant here (a test holds ours above it); V42's conversions of delta and epsilon into each other,
which are a test of their own; the bounds of the tree's epsilon (V41, below 19.74 and 2.04), which a test holds beside the exact figures.
`;

/** The page, from what our code says of each figure. */
export function writePage(oursOf: (one: VectorCase) => Figure): string {
  const parts = chapters.map(({ title, cases }) => {
    const rows = cases.map((one) => [one.id, one.what, writeExpected(one), one.source, writeOurs(one, oursOf(one)), writeTolerance(one)]);
    const head = ["id", "what", "expected", "source", "ours", "tolerance"];
    return [`## ${title}`, "", ...[head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.map(escaped).join(" | ")} |`)].join(
      "\n",
    );
  });
  return `${[preface, ...parts].join("\n")}\n`.replaceAll("|\n## ", "|\n\n## ");
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}
