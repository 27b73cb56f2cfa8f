/** A page that needs nothing else: no request, no script to be read, light and dark, wide and narrow. Imports section, style. */
import { createHash } from "node:crypto";
import type { Draw } from "./chart.ts";
import { Html, html } from "./html.ts";
import type { Section } from "./section.ts";
import { script, style } from "./style.ts";

/** What stands on a page. */
export interface Page {
  readonly title: string;
  /** Below the title: what it is about, in a sentence; alarms; a verdict. */
  readonly lead: Html;
  readonly sections: readonly Section[];
  readonly version: string;
}

/** The page's text; a policy in it forbids all requests and every script but its own. */
export function renderPage({ title, lead, sections, version }: Page, draw: Draw): string {
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
${lead}<nav aria-label="Sections"><ul>
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
<p>Made by cofactor ${version}. Figures hold for this data, split and seed.</p>
<p id="told" class="quiet" role="status"></p>
</footer>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

/** A block of code with a button that copies it. */
export function code(id: string, caption: string, text: string): Html {
  return html`<div class="code">
<button type="button" class="copy" data-copy="${id}" aria-label="Copy as text: ${caption}" hidden>Copy</button>
<p>${caption}</p>
<pre tabindex="0" role="region" aria-label="${caption}" id="${id}"><code>${text}</code></pre>
</div>
`;
}
