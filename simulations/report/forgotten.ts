/** The section on people who left: what is left of them. Imports chart, html, section, table. */
import type { Result } from "../result.ts";
import { html } from "./html.ts";
import { formatShort } from "./numbers.ts";
import type { Section } from "./section.ts";
import { table } from "./table.ts";

/** The section; undefined where nobody left. */
export function forgottenSection({ unlearning }: Result): Section | undefined {
  if (unlearning === undefined) return undefined;
  const { people, after, method, repeatedRounds, keptStates, distances, membership, chance } = unlearning;
  const further = distances.slice(1);
  return {
    id: "forgotten",
    title: "What is left of people who left",
    body: (
      draw,
    ) => html`<p>${people} people left after round ${after}; method ${method}: ${repeatedRounds} rounds were made again, for which the aggregator kept
${keptStates} states. ${distances.at(-1)!.values === 0 ? "The model is that of a run that never had them, bit for bit." : "The model is not that of a run that never had them."}</p>
${draw({
  id: "figure-forgotten",
  title: "From a run that never had them",
  kind: "lines",
  x: { name: "round", values: further.map(({ round }) => String(round)) },
  y: { name: "distance", isFromZero: true, format: formatShort },
  series: [
    { name: "scores of people who never took part", values: further.map(({ scores }) => scores), look: 0 },
    { name: "when they left", values: further.map(() => distances[0]!.scores), look: 2 },
  ],
})}
${table({
  id: "membership",
  caption: "The chance that a person who left is told from one who never took part",
  columns: ["attacker", "when they left", "at the end"],
  rows: [
    ["by how well the model fits", membership.before.fit.toFixed(3), membership.after.fit.toFixed(3)],
    ["by how much better than a model without them", membership.before.calibrated.toFixed(3), membership.after.calibrated.toFixed(3)],
  ],
})}
<p class="note">.5 tells nothing; by chance a figure is .5 give or take ${chance.toFixed(3)}. Models that were published before stay with whoever has them.</p>`,
  };
}
