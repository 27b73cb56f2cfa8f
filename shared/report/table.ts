/** Tables with a caption, headed rows and columns, and a button that copies them as text. Imports html.ts. */
import { type Html, type HtmlValue, html } from "./html.ts";

/** A table; the first cell of a row is its heading. */
export interface Table {
  /** Unique on the page. */
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly HtmlValue[])[];
  /** Columns of words, by their place; the others are numbers and stand to the right. The first is always of words. */
  readonly words?: readonly number[];
}

/** The table. Wide ones scroll by themselves, so that the page does not. */
export function table({ id, caption, columns, rows, words = [] }: Table): Html {
  const cell = (value: HtmlValue, at: number): Html =>
    at === 0
      ? html`<th scope="row"${typeof value === "number" ? undefined : html` class="words"`}>${value}</th>`
      : html`<td${words.includes(at) ? html` class="words"` : undefined}>${value}</td>`;
  const heads = columns.map(
    (column, at) => html`<th scope="col"${at === 0 || words.includes(at) ? html` class="words"` : undefined}>${column}</th>`,
  );
  return html`<div class="table">
<button type="button" class="copy" data-copy="${id}" aria-label="Copy as text: ${caption}" hidden>Copy</button>
<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table id="${id}"><caption><span>${caption}</span></caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody></table>
</div>
</div>
`;
}
