/** What the page is made of. Imports chart, html. */
import type { Draw } from "./chart.ts";
import type { Html } from "./html.ts";

/** A part of the page with a heading of its own. */
export interface Section {
  readonly id: string;
  readonly title: string;
  body(draw: Draw): Html;
}

/** The most rounds that figures and tables show. */
const maxShown = 400;

/** Evenly chosen rounds, the last among them, when there are more than fit; and which, for the caption. */
export function thin<T>(rounds: readonly T[]): { readonly shown: readonly T[]; readonly every: number } {
  const every = Math.ceil(rounds.length / maxShown);
  return { shown: every <= 1 ? rounds : rounds.filter((_, at) => (rounds.length - 1 - at) % every === 0), every };
}

/** What a caption says of rounds that are not shown. */
export function thinNote(every: number): string | undefined {
  return every > 1 ? `One round in ${every} is shown; the JSON result has all.` : undefined;
}
