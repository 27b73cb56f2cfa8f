/** Elements of the console: facts, tables, figures; texts are texts, never markup. Imports the demo's h, the report's table of a chart. */
import type { Chart } from "../../shared/report/chart.ts";
import type { Html } from "../../shared/report/html.ts";
import { formatShort } from "../../shared/report/numbers.ts";
import { h } from "../demo/dom.ts";

/** Names and values that change. */
export function facts(look: "figures" | "facts", rows: readonly (readonly [name: string, value: string])[]): HTMLElement {
  return h(
    "dl",
    { class: look },
    ...rows.map(([name, value]) => h("div", look === "facts" ? { class: "row" } : {}, h("dt", {}, name), h("dd", {}, value))),
  );
}

/** A table; the first cell of a row is its heading. */
export function tableOf(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  words: readonly number[] = [],
): HTMLElement {
  const look = (at: number): { class?: string } => (words.includes(at) ? { class: "words" } : {});
  return h(
    "div",
    { class: "scroll", role: "region", "aria-label": caption, tabindex: 0 },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...columns.map((column, at) => h("th", { scope: "col", ...look(at) }, column)))),
      h(
        "tbody",
        {},
        ...rows.map((row) =>
          h("tr", {}, ...row.map((cell, at) => (at === 0 ? h("th", { scope: "row", ...look(at) }, cell) : h("td", look(at), cell)))),
        ),
      ),
    ),
  );
}

/** A chart's numbers. */
export function tableOfChart({ title, x, y, series }: Chart): HTMLElement {
  const format = y.format ?? formatShort;
  const rows = x.values.map((place, at) => [
    place,
    ...series.map(({ values }) => {
      const value = values[at];
      return value === null || value === undefined ? "–" : format(value);
    }),
  ]);
  return tableOf(title, [x.name, ...series.map(({ name }) => name)], rows.toReversed());
}

/** Markup that the report's own templates made, every value in it escaped. Styles of drawings are left out: the page has them, and its policy allows none. */
export function fromMarkup({ text }: Html): HTMLElement {
  const parsed = new DOMParser().parseFromString(text.replace(/ style="[^"]*"/g, ""), "text/html").body.firstElementChild;
  if (!(parsed instanceof HTMLElement)) throw new TypeError('"text" expected one element');
  return document.importNode(parsed, true);
}
