/**
 * A result as one page that needs nothing else: no request, no script to be read, light and dark, wide and narrow. The same result
 * gives the same page but for times, memory and version. Imports the sections.
 */
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { Result } from "../result.ts";
import { loadDraw } from "./chart.ts";
import { type ComparedRun, toComparedRun } from "./compared.ts";
import { comparisonSection } from "./comparison.ts";
import { facts, privacySection, roundsSection } from "./course.ts";
import { Html, html } from "./html.ts";
import { formatCount } from "./numbers.ts";
import { qualitySection } from "./quality.ts";
import type { Section } from "./section.ts";
import { script, style } from "./style.ts";
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
  const sections: readonly Section[] = [
    qualitySection(result),
    privacySection(result),
    roundsSection(result),
    ...(comparison === undefined ? [] : [comparison]),
    setupSection(result, command),
  ];
  const { scenario, dataset, isLeaking } = result;
  const title = `${isLeaking ? "LEAKING: " : ""}${String(scenario.model.kind)} on ${dataset.name}`;
  const hash = createHash("sha256").update(script).digest("base64");
  const policy = [
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
    `script-src 'sha256-${hash}'`,
  ].join("; ");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p>${sentence(result)}</p>
${alarms(result)}${verdict(result)}<nav aria-label="Sections"><ul>
${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`)}</ul></nav>
</header>
<main>
${sections.map(
  ({ id, title, body }) => html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${body(draw)}</section>
`,
)}</main>
<footer>
<p>Made by cofactor ${result.version}. Figures hold for this data, split and seed.</p>
<p id="told" class="quiet" role="status"></p>
</footer>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
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

function code(id: string, caption: string, text: string): Html {
  return html`<div class="code">
<button type="button" class="copy" data-copy="${id}" aria-label="Copy as text: ${caption}" hidden>Copy</button>
<p>${caption}</p>
<pre tabindex="0" role="region" aria-label="${caption}" id="${id}"><code>${text}</code></pre>
</div>
`;
}
