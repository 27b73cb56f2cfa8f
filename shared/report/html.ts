/** Markup in which every value is escaped unless it is markup itself. Imports nothing. */

/** Markup. A class, so that no value that was read from a file can pass for it. */
export class Html {
  /** The markup's text. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: markup stays, lists are joined, nothing is left out, everything else is escaped. */
export type HtmlValue = Html | string | number | undefined | readonly HtmlValue[];

/**
 * Markup from a template.
 *
 * @example html`<b>${"a < b"}</b>`.text // "<b>a &#60; b</b>"
 */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, at) => part + (at < values.length ? textOf(values[at]) : "")).join(""));
}

/** A text as it stands between tags or in a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function textOf(value: HtmlValue): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  return Array.isArray(value) ? value.map(textOf).join("") : escapeText(String(value));
}
