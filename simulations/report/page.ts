/**
 * A result as one page that needs nothing else. The same result gives the same page but for times, memory and version. Imports the sections, shell.
 */
import { stringify } from "yaml";
import type { Result } from "../result.ts";
import { attackSection } from "./attack.ts";
import { loadDraw } from "./chart.ts";
import { type ComparedRun, toComparedRun } from "./compared.ts";
import { comparisonSection } from "./comparison.ts";
import { facts, privacySection, roundsSection } from "./course.ts";
import { forgottenSection } from "./forgotten.ts";
import { html } from "./html.ts";
import { formatCount } from "./numbers.ts";
import { qualitySection } from "./quality.ts";
import { rewardsSection } from "./rewards.ts";
import type { Section } from "./section.ts";
import { code, renderPage } from "./shell.ts";
import { alarms, sentence, verdict } from "./verdict.ts";

/** What the page says besides the result. */
export interface ReportOptions {
  /** The command line that repeats the run. */
  readonly command: string;
  /** Results of other runs, to stand beside it. */
  readonly compared?: readonly ComparedRun[];
}

/**
 * The page's text.
 *
 * Guarantees: every value of the result, of the scenario and of compared files is escaped; a policy in the page forbids all requests
 * and every script but its own.
 */
export async function renderReport(result: Result, { command, compared = [] }: ReportOptions): Promise<string> {
  const draw = await loadDraw();
  const comparison = comparisonSection(toComparedRun("this run", result), compared);
  const attack = attackSection(result);
  const rewards = rewardsSection(result);
  const forgotten = forgottenSection(result);
  const sections: readonly Section[] = [
    qualitySection(result),
    ...(attack === undefined ? [] : [attack]),
    ...(rewards === undefined ? [] : [rewards]),
    ...(forgotten === undefined ? [] : [forgotten]),
    privacySection(result),
    roundsSection(result),
    ...(comparison === undefined ? [] : [comparison]),
    setupSection(result, command),
  ];
  const { scenario, dataset, isLeaking } = result;
  const title = `${isLeaking ? "LEAKING: " : ""}${String(scenario.model.kind)} on ${dataset.name}`;
  const lead = html`<p>${sentence(result)}</p>
${alarms(result)}${verdict(result)}`;
  return renderPage({ title, lead, sections, version: result.version }, draw);
}

function setupSection({ scenario, dataset, protection }: Result, command: string): Section {
  return {
    id: "setup",
    title: "How to repeat it",
    body: () => html`${code("command", "Command", command)}
${facts([
  [
    "data",
    `${dataset.name}: ${formatCount(dataset.users)} people, ${formatCount(dataset.items)} items, ${formatCount(dataset.ratings)} ratings`,
  ],
  ["data sha256", html`<code>${dataset.sha256}</code>`],
  ["split hash", html`<code>${dataset.splitHash}</code>`],
  ["seed", scenario.seed],
  ...dataset.notes.map((note) => ["note", note] as const),
  ["protection", html`<code>${JSON.stringify(protection)}</code>`],
])}
${code("scenario", "Scenario, resolved", stringify(scenario))}`,
  };
}
