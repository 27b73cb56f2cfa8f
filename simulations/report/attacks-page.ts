/** What attacks found, as one page that needs nothing else. Imports the attacks' table, shell. */
import { stringify } from "yaml";
import { figuresOf, figureText, goalNames, goalsOf } from "../attacks/attack-table.ts";
import type { AttackResult } from "../attacks/measure.ts";
import { loadDraw } from "./chart.ts";
import { facts } from "./course.ts";
import { type Html, html } from "./html.ts";
import { formatCount } from "./numbers.ts";
import type { Section } from "./section.ts";
import { code, renderPage } from "./shell.ts";
import { table } from "./table.ts";

/** The page's text; every value is escaped, as in a result's page. */
export async function renderAttacks(result: AttackResult, command: string): Promise<string> {
  const sections = [foundSection(result), attackersSection(result), setupSection(result, command)];
  const title = `Attacks on ${String(result.scenario.model.kind)}, ${result.dataset.name}`;
  return renderPage({ title, lead: lead(result), sections, version: result.version }, await loadDraw());
}

function lead({ isComplete, cohort, participants }: AttackResult): Html {
  return html`<p>What attackers learn about single people under each protection: rounds of ${formatCount(cohort.size)} of ${formatCount(participants)} devices.</p>
${isComplete ? undefined : html`<p class="alarm" role="note">INTERRUPTED: protections are missing.</p>\n`}`;
}

function foundSection(result: AttackResult): Section {
  return {
    id: "found",
    title: "What was found",
    body: () => html`<p>The chance that an item with the property is scored above one without, with a 95 % interval: .5 is guessing, 1 is certainty. Both
kinds of items are equally popular, or equally liked, so that the baseline guesses.</p>
${goalsOf(result).map((goal) =>
  table({
    id: `auc-${goal}`,
    caption: `AUC: ${goalNames[goal]}`,
    columns: ["protection", ...result.attacks.map(({ kind }) => kind)],
    rows: result.arms.map((arm) => [
      arm.arm,
      ...figuresOf(result, arm, goal).map((figure) => (figure === undefined ? "-" : figureText(figure))),
    ]),
  }),
)}${result.arms.map(({ arm, refused }) =>
  refused === undefined ? undefined : html`<p class="note">${arm} does not go with this scenario: ${refused}</p>\n`,
)}`,
  };
}

function attackersSection({ attacks, arms }: AttackResult): Section {
  const peopleOf = (name: string): number =>
    Math.max(0, ...arms.flatMap(({ figures }) => figures.filter(({ attack }) => attack === name).map(({ people }) => people)));
  return {
    id: "attackers",
    title: "Who attacks",
    body: () =>
      table({
        id: "attacks",
        caption: "Attacks, and on how many people",
        columns: ["attack", "what it sees and does", "source", "people"],
        rows: attacks.map(({ kind, summary, source }) => [kind, summary, source, peopleOf(kind)]),
        words: [1, 2],
      }),
  };
}

function setupSection({ scenario, dataset }: AttackResult, command: string): Section {
  return {
    id: "setup",
    title: "How to repeat it",
    body: () => html`${code("command", "Command", command)}
${facts([
  ["data", dataset.name],
  ["data sha256", html`<code>${dataset.sha256}</code>`],
  ["split hash", html`<code>${dataset.splitHash}</code>`],
  ["seed", scenario.seed],
])}
${code("scenario", "Scenario, resolved", stringify(scenario))}`,
  };
}
